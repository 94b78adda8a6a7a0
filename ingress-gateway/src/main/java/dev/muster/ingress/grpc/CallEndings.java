package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.session.Admission;
import dev.muster.ingress.session.Refusal;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends calls: each with a status, its code and an error id in the trailers, one line in the log and one count. */
final class CallEndings {
    static final long SUPERSEDED_RETRY_MILLIS = 5_000;
    static final long CLONE_RETRY_MILLIS = 25_000;

    private static final Logger LOG = LoggerFactory.getLogger(CallEndings.class);

    private final Supplier<String> errorIds;
    private final IngressMetrics metrics;
    private final RefusalLog log;

    CallEndings(Supplier<String> errorIds, IngressMetrics metrics, LongSupplier nanos) {
        this.log = new RefusalLog(nanos);
        this.errorIds = errorIds;
        this.metrics = metrics;
    }

    /** @param errorId of the part that refused first, or empty */
    void refuse(ServerCall<?, ?> call, String node, Refusal refusal, String errorId) {
        refuse(call, node, refusal, errorId, retryMillis(refusal));
    }

    /** Copies of an agent would take the node from each other as fast as they can connect. */
    private static long retryMillis(Refusal refusal) {
        return switch (refusal.code()) {
            case SESSION_SUPERSEDED -> SUPERSEDED_RETRY_MILLIS;
            case CLONE_SUSPECTED -> CLONE_RETRY_MILLIS;
            default -> 0;
        };
    }

    /** It may succeed after a while. */
    void refuse(ServerCall<?, ?> call, String node, Admission.Refused refused) {
        refuse(call, node, refused.refusal(), "", Math.max(1, refused.retryMillis()));
    }

    private void refuse(ServerCall<?, ?> call, String node, Refusal refusal, String errorId, long retryMillis) {
        String id = errorId.isEmpty() ? errorIds.get() : errorId;
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        OptionalLong leftOut = log.take(node, refusal.code().code());
        (leftOut.isPresent() ? LOG.atInfo() : LOG.atDebug())
                .addKeyValue("call", method)
                .addKeyValue("node", node)
                .addKeyValue("code", refusal.code().code())
                .addKeyValue("detail", refusal.detail())
                .addKeyValue("errorId", id)
                .addKeyValue("leftOutBefore", leftOut.orElse(0))
                .log("call refused");
        metrics.callEnded(method, refusal.code().code());
        Metadata trailers = Wire.trailers(refusal.code(), id);
        if (retryMillis > 0) {
            trailers.put(Wire.RETRY_AFTER_MILLIS, Long.toString(retryMillis));
        }
        close(call, Wire.statusOf(refusal.code()).withDescription(refusal.detail()), trailers);
    }

    /** A fault of ours. */
    void fail(ServerCall<?, ?> call, String node, Throwable fault) {
        String id = errorIds.get();
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        LOG.atError()
                .addKeyValue("call", method)
                .addKeyValue("node", node)
                .addKeyValue("errorId", id)
                .setCause(fault)
                .log("call failed");
        metrics.callEnded(method, ErrorCode.INTERNAL.code());
        close(
                call,
                Status.INTERNAL.withDescription("a fault of ours; error id " + id),
                Wire.trailers(ErrorCode.INTERNAL, id));
    }

    /** As the agent wished. */
    void complete(ServerCall<?, ?> call) {
        metrics.callEnded(String.valueOf(call.getMethodDescriptor().getBareMethodName()), "ok");
        close(call, Status.OK, new Metadata());
    }

    void cancelled(ServerCall<?, ?> call) {
        metrics.callEnded(String.valueOf(call.getMethodDescriptor().getBareMethodName()), "cancelled");
    }

    private static void close(ServerCall<?, ?> call, Status status, Metadata trailers) {
        try {
            call.close(status, trailers);
        } catch (IllegalStateException e) {
            // closed or cancelled by the other side at the same moment
            LOG.atDebug().setCause(e).log("the call was closed already");
        }
    }
}
