package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.ingress.session.Refusal;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One join. A worker checks the signature, and the desk gives the answer. The first answer or cancellation ends the
 * call.
 */
final class JoinCall extends ServerCall.Listener<JoinRequest> implements JoinDesk.Answer {
    private final GatewayParts around;
    private final JoinDesk desk;
    private final CallEndings endings;
    private final ServerCall<JoinRequest, JoinResponse> call;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Runnable onEnd;
    private volatile String node = "";
    private @Nullable JoinRequest request;

    JoinCall(
            GatewayParts around,
            JoinDesk desk,
            CallEndings endings,
            ServerCall<JoinRequest, JoinResponse> call,
            Runnable onEnd) {
        this.around = around;
        this.desk = desk;
        this.endings = endings;
        this.call = call;
        this.onEnd = onEnd;
    }

    @Override
    public void onMessage(JoinRequest message) {
        request = message;
    }

    @Override
    public void onHalfClose() {
        if (ended.get()) {
            return;
        }
        JoinRequest join = request;
        if (join == null) {
            refused(new Refusal(ErrorCode.INVALID, "no request"), "");
            return;
        }
        node = Ids.nodeOfInvite(join.getInvite());
        around.workers().execute(() -> {
            try {
                desk.join(join, this);
            } catch (RuntimeException e) {
                if (isFirst()) {
                    endings.fail(call, node, e);
                }
            }
        });
    }

    @Override
    public void onCancel() {
        if (isFirst()) {
            endings.cancelled(call);
        }
    }

    @Override
    public void accepted(JoinResponse response) {
        if (isFirst()) {
            around.metrics().join("ok");
            call.sendHeaders(new Metadata());
            call.sendMessage(response);
            endings.complete(call);
        }
    }

    @Override
    public void refused(Refusal refusal, String errorId) {
        if (isFirst()) {
            around.metrics().join(refusal.code().code());
            endings.refuse(call, node, refusal, errorId);
        }
    }

    private boolean isFirst() {
        boolean first = ended.compareAndSet(false, true);
        if (first) {
            onEnd.run();
        }
        return first;
    }
}
