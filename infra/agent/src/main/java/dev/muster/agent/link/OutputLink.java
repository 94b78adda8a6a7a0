package dev.muster.agent.link;

import dev.muster.agent.spool.Position;
import dev.muster.agent.spool.Spool;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.Limits;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The output call of one session: sends the spool's content, within the gateway's window and HTTP/2's, and takes
 * acknowledgements. Confined to its executor.
 */
final class OutputLink {
    private final LinkParts around;
    private final Spool spool;
    private final Executor executor;
    private final Limits limits;
    private final Runnable onProgress;
    private final Consumer<Throwable> onEnd;
    private @Nullable ClientCallStreamObserver<OutputChunk> stream;
    private boolean over;

    /**
     * @param onProgress called on the executor with every acknowledgement
     * @param onEnd called once on the executor when the call has ended by itself
     */
    OutputLink(LinkParts around, Limits limits, Runnable onProgress, Consumer<Throwable> onEnd) {
        this.around = around;
        this.spool = around.spool();
        this.executor = around.executor();
        this.limits = limits;
        this.onProgress = onProgress;
        this.onEnd = onEnd;
    }

    void open(ManagedChannel channel, String sessionId) {
        Metadata metadata = Channels.bearer(around.identity().credential());
        metadata.put(Channels.SESSION, sessionId);
        spool.rewind();
        around.openCalls().opened();
        var unused = AgentIngressGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                .publishOutput(new Acks());
        spool.onAvailable(() -> executor.execute(this::pump));
        executor.execute(this::pump);
    }

    void close() {
        if (over) {
            return; // what comes after this call listens to the spool by now
        }
        over = true;
        spool.onAvailable(() -> {});
        if (stream != null) {
            stream.cancel("the session is over", null);
        }
    }

    private void pump() {
        ClientCallStreamObserver<OutputChunk> out = stream;
        if (over || out == null) {
            return;
        }
        long room = limits.getOutputWindowBytes() - spool.inFlight();
        while (room > 0 && out.isReady()) {
            OutputChunk chunk = spool.poll((int) Math.min(limits.getChunkBytesMax(), room));
            if (chunk == null) {
                return;
            }
            out.onNext(chunk);
            room -= chunk.getData().size();
        }
    }

    private void acked(OutputAck ack) {
        onProgress.run();
        spool.ack(ack.getTerminalId(), new Position(ack.getOffset(), ack.getMarkerNumber()), ack.getResend());
        pump();
    }

    private void ended(Throwable why) {
        around.openCalls().ended();
        if (!over) {
            over = true;
            onEnd.accept(why);
        }
    }

    private final class Acks implements ClientResponseObserver<OutputChunk, OutputAck> {
        @Override
        public void beforeStart(ClientCallStreamObserver<OutputChunk> call) {
            stream = call;
            call.setOnReadyHandler(() -> executor.execute(OutputLink.this::pump));
        }

        @Override
        public void onNext(OutputAck ack) {
            executor.execute(() -> acked(ack));
        }

        @Override
        public void onError(Throwable error) {
            executor.execute(() -> ended(error));
        }

        @Override
        public void onCompleted() {
            executor.execute(() -> ended(new IOException("the gateway ended the output call")));
        }
    }
}
