package dev.muster.bench.load;

import com.google.protobuf.UnsafeByteOperations;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One terminal whose output the benchmark makes. One thread prints; acknowledgements arrive on its connection's thread.
 * It keeps no output to send again.
 */
public final class PrintingTerminal extends ClientCall.Listener<OutputAck> {
    private final String id;
    private final ClientCall<OutputChunk, OutputAck> call;
    private long sent;
    private volatile long acked;
    private volatile boolean askedAgain;
    private volatile @Nullable Status ended;

    /** Begins to print a task's terminal. */
    public PrintingTerminal(Channels channels, int connection, SimNode node, String session, String id) {
        this.id = id;
        call = channels.call(connection, AgentIngressGrpc.getPublishOutputMethod());
        Metadata headers = Channels.headers(node);
        headers.put(Channels.SESSION, session);
        call.start(this, headers);
        call.request(Integer.MAX_VALUE);
        call.sendMessage(OutputChunk.newBuilder()
                .setTerminalId(id)
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                .build());
    }

    public String id() {
        return id;
    }

    /** @param data is not changed afterwards */
    public void print(byte[] data) {
        call.sendMessage(OutputChunk.newBuilder()
                .setTerminalId(id)
                .setOffset(sent)
                .setMarkerNumber(1)
                .setData(UnsafeByteOperations.unsafeWrap(data))
                .build());
        sent += data.length;
    }

    /** Whether the connection takes more at once. */
    public boolean isReady() {
        return call.isReady();
    }

    public long sentBytes() {
        return sent;
    }

    /** Bytes that the broker has, as the gateway says. */
    public long ackedBytes() {
        return acked;
    }

    /** That the stream ended, or that the gateway wants something again, which makes figures of it wrong; else null. */
    public @Nullable String whatIsWrong() {
        return ended == null && !askedAgain
                ? null
                : "the output of " + id + (askedAgain ? " was asked for again" : " ended: " + ended);
    }

    public void cancel() {
        call.cancel("the benchmark ends", null);
    }

    @Override
    public void onMessage(OutputAck ack) {
        acked = Math.max(acked, ack.getOffset());
        if (ack.getResend()) {
            askedAgain = true;
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        ended = status;
    }
}
