package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.session.Refusal;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures the message that is being received on one call. gRPC's own limit would cut the call with a bare status,
 * without the service. This limit tells the call, and the call then ends with a code, a count and a line in the log, as
 * for every other mistake. With both limits, no more than about the limit is held in memory. Confined to the
 * connection's thread.
 */
final class MessageLimit extends ServerStreamTracer {
    private static final Context.Key<MessageLimit> KEY = Context.key("muster-message-limit");

    private final int bytesMax;
    private long bytes;
    private boolean exceeded;
    private @Nullable Consumer<Refusal> onExceeded;

    private MessageLimit(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    static Factory factory(int bytesMax) {
        return new Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return new MessageLimit(bytesMax);
            }
        };
    }

    /** Tells the call that is being started here, once. Before it asks for its first message. */
    static void watch(Consumer<Refusal> call) {
        @Nullable MessageLimit limit = KEY.get();
        if (limit != null) {
            limit.onExceeded = call;
        }
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, this);
    }

    @Override
    public void inboundMessage(int number) {
        bytes = 0;
    }

    @Override
    public void inboundWireSize(long more) {
        bytes += more;
        @Nullable Consumer<Refusal> call = onExceeded;
        if (bytes > bytesMax && !exceeded && call != null) {
            exceeded = true;
            call.accept(new Refusal(ErrorCode.TOO_LARGE, "a message over " + bytesMax + " bytes"));
        }
    }
}
