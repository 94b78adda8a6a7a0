package dev.muster.e2e.ingress;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.jspecify.annotations.Nullable;

/**
 * Prints given content on one terminal as an agent would: within the window, and again from the offset that it is told.
 * Thread-safe.
 */
final class Feeder implements ClientResponseObserver<OutputChunk, OutputAck> {
    private final String terminal;
    private final byte[] content;
    private final int chunkBytes;
    private final int windowBytes;
    private @Nullable ClientCallStreamObserver<OutputChunk> out;
    private boolean started;
    private int limit;
    private int sent;
    private volatile int acked;
    private volatile int resends;
    private volatile @Nullable Throwable error;

    Feeder(String terminal, byte[] content, int chunkBytes, int windowBytes) {
        this.terminal = terminal;
        this.content = content.clone();
        this.chunkBytes = chunkBytes;
        this.windowBytes = windowBytes;
        this.limit = content.length;
    }

    /** The same, but it waits after this many bytes until it is told to go on. */
    Feeder pausedAt(int bytes) {
        limit = bytes;
        return this;
    }

    synchronized void goOn() {
        limit = content.length;
        pump();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<OutputChunk> stream) {
        out = stream;
        stream.setOnReadyHandler(this::pump);
    }

    @Override
    public synchronized void onNext(OutputAck ack) {
        acked = Math.toIntExact(ack.getOffset());
        if (ack.getResend()) {
            started = ack.getMarkerNumber() > 0;
            sent = acked;
            resends = resends + 1; // under the lock
        }
        pump();
    }

    @Override
    public void onError(Throwable problem) {
        error = problem;
    }

    @Override
    public void onCompleted() {}

    int acked() {
        return acked;
    }

    String terminal() {
        return terminal;
    }

    byte[] content() {
        return content.clone();
    }

    /** How often the gateway asked for output again. */
    int resends() {
        return resends;
    }

    @Nullable
    Throwable error() {
        return error;
    }

    private synchronized void pump() {
        while (out != null && out.isReady() && sent < limit && sent - acked < windowBytes) {
            OutputChunk.Builder chunk =
                    OutputChunk.newBuilder().setTerminalId(terminal).setMarkerNumber(1);
            if (!started) {
                started = true;
                out.onNext(chunk.setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                        .build());
            } else {
                int bytes = Math.min(chunkBytes, limit - sent);
                out.onNext(chunk.setOffset(sent)
                        .setData(ByteString.copyFrom(content, sent, bytes))
                        .build());
                sent += bytes;
            }
        }
    }
}
