package dev.muster.registry.query;

import dev.muster.contract.errors.Detail;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.registry.instance.Hop;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns failures into gRPC statuses with the trailers `muster-code` and, for faults of ours, `muster-error-id`. */
final class Answers {
    static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> ERROR_ID = Metadata.Key.of("muster-error-id", Metadata.ASCII_STRING_MARSHALLER);
    // about half the time that a rebalance takes
    private static final String RETRY_AFTER_MS = "200";
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private final Supplier<String> errorIds;

    Answers(Supplier<String> errorIds) {
        this.errorIds = errorIds;
    }

    /** The answer to the caller for any failure. */
    StatusRuntimeException failure(Throwable failure) {
        if (failure instanceof StatusRuntimeException told) {
            return told;
        }
        if (failure instanceof MusterException known) {
            return of(known.code(), String.valueOf(known.getMessage()));
        }
        if (failure instanceof ReadBudget.SpentException) {
            return of(ErrorCode.UNAVAILABLE, "there was no time for the read");
        }
        String errorId = errorIds.get();
        LOG.atError().setCause(failure).addKeyValue("errorId", errorId).log("query failed");
        Metadata trailers = trailers(ErrorCode.INTERNAL);
        trailers.put(ERROR_ID, errorId);
        return Status.INTERNAL.withDescription("internal error " + errorId).asRuntimeException(trailers);
    }

    /** At present no instance can answer for it. */
    StatusRuntimeException moving() {
        return of(ErrorCode.UNAVAILABLE, "what was asked for is moving between registry instances");
    }

    /** To another instance that took this one for the owner. */
    StatusRuntimeException notMine() {
        Metadata trailers = trailers(ErrorCode.UNAVAILABLE);
        trailers.put(Hop.NOT_MINE, "1");
        return Status.UNAVAILABLE
                .withDescription("another registry instance answers for it")
                .asRuntimeException(trailers);
    }

    /** What another instance said, if it said anything; else it does not answer, and others will. */
    StatusRuntimeException ofPeer(Throwable failure) {
        Metadata trailers = Status.trailersFromThrowable(failure);
        if (failure instanceof StatusRuntimeException told && trailers != null && trailers.containsKey(CODE)) {
            return told;
        }
        if (Status.fromThrowable(failure).getCode() == Status.Code.RESOURCE_EXHAUSTED) {
            return of(ErrorCode.TOO_LARGE, "the answer is larger than instances may exchange");
        }
        return moving();
    }

    boolean isNotMine(Throwable failure) {
        Metadata trailers = Status.trailersFromThrowable(failure);
        return trailers != null && trailers.containsKey(Hop.NOT_MINE);
    }

    boolean isUnavailable(Throwable failure) {
        return Status.fromThrowable(failure).getCode() == Status.Code.UNAVAILABLE;
    }

    StatusRuntimeException of(ErrorCode code, String detail) {
        return status(code).withDescription(Detail.of(detail)).asRuntimeException(trailers(code));
    }

    private static Metadata trailers(ErrorCode code) {
        Metadata trailers = new Metadata();
        trailers.put(CODE, code.code());
        if (code == ErrorCode.UNAVAILABLE) {
            trailers.put(Hop.RETRY_AFTER_MS, RETRY_AFTER_MS);
        }
        return trailers;
    }

    private static Status status(ErrorCode code) {
        return switch (code.status()) {
            case 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 404, 410 -> Status.NOT_FOUND;
            case 409, 412 -> Status.FAILED_PRECONDITION;
            case 429 -> Status.RESOURCE_EXHAUSTED;
            case 503 -> Status.UNAVAILABLE;
            case 500 -> Status.INTERNAL;
            default -> Status.INVALID_ARGUMENT;
        };
    }
}
