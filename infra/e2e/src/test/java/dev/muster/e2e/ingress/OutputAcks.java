package dev.muster.e2e.ingress;

import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.jspecify.annotations.Nullable;

/** Acknowledgements of one terminal, read or not. */
final class OutputAcks implements ClientResponseObserver<OutputChunk, OutputAck> {
    private final boolean reads;
    private volatile @Nullable ClientCallStreamObserver<OutputChunk> call;
    private volatile long last;
    private volatile @Nullable Throwable problem;

    OutputAcks(boolean reads) {
        this.reads = reads;
    }

    /** The newest offset. */
    long last() {
        return last;
    }

    /** What ended the stream, or null. */
    @Nullable
    Throwable problem() {
        return problem;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<OutputChunk> stream) {
        call = stream;
        if (!reads) {
            stream.disableAutoRequestWithInitial(1);
        }
    }

    /** After all. */
    void read() {
        if (call != null) {
            call.request(Integer.MAX_VALUE);
        }
    }

    @Override
    public void onNext(OutputAck ack) {
        last = ack.getOffset();
    }

    @Override
    public void onError(Throwable end) {
        problem = end;
    }

    @Override
    public void onCompleted() {}
}
