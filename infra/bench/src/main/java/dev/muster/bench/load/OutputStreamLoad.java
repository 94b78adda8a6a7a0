package dev.muster.bench.load;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One terminal that prints a build log as fast as the gateway takes it, within the window: what an agent with a fast spool would send. Chunks
 * are encoded straight into the bytes of the message. Confined to its connection's thread, but for {@link #stop}.
 */
public final class OutputStreamLoad extends ClientCall.Listener<OutputAck> {
    private static final int TERMINAL_ID_FIELD = 1;
    private static final int OFFSET_FIELD = 2;
    private static final int MARKER_NUMBER_FIELD = 3;
    private static final int DATA_FIELD = 4;
    /** A turn ends after that, so that one connection does not keep the thread of all. */
    private static final int TURN_BYTES = 128 * 1_024;

    private final ClientCall<byte[], OutputAck> call;
    private final String terminal;
    private final byte[] log;
    private final int chunkBytes;
    private final long windowBytes;
    private final LongAdder ackedBytes;
    private long sent;
    private long acked;
    private boolean started;
    private volatile boolean stopping;
    private volatile boolean drained;
    private volatile @Nullable Status ended;

    /**
     * @param log repeated without end
     * @param ackedBytes counts output that the gateway acknowledged
     */
    public OutputStreamLoad(
            Channels channels,
            int agent,
            String terminal,
            byte[] log,
            int chunkBytes,
            long windowBytes,
            LongAdder ackedBytes) {
        this.call = channels.call(agent, method());
        this.terminal = terminal;
        this.log = log;
        this.chunkBytes = chunkBytes;
        this.windowBytes = windowBytes;
        this.ackedBytes = ackedBytes;
    }

    public void start(SimNode node, String session) {
        Metadata headers = Channels.headers(node);
        headers.put(Channels.SESSION, session);
        call.start(this, headers);
        call.request(Integer.MAX_VALUE);
    }

    /** Sends no more; what was sent is still acknowledged. */
    public void stop() {
        stopping = true;
    }

    /** After {@link #stop}: all that was sent is acknowledged. */
    public boolean isDrained() {
        return drained || ended != null;
    }

    /** Why the call ended, or null. */
    public @Nullable Status ended() {
        return ended;
    }

    public void cancel() {
        call.cancel("the benchmark ends", null);
    }

    @Override
    public void onReady() {
        pump();
    }

    @Override
    public void onMessage(OutputAck ack) {
        if (ack.getOffset() > acked) {
            ackedBytes.add(ack.getOffset() - acked);
            acked = ack.getOffset();
        }
        if (ack.getResend()) {
            started = ack.getMarkerNumber() > 0;
            sent = acked;
        }
        pump();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        ended = status;
    }

    private void pump() {
        int turn = 0;
        while (!stopping && call.isReady() && sent - acked < windowBytes && turn < TURN_BYTES) {
            if (started) {
                call.sendMessage(chunk());
                turn += chunkBytes;
            } else {
                started = true;
                call.sendMessage(OutputChunk.newBuilder()
                        .setTerminalId(terminal)
                        .setMarkerNumber(1)
                        .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                        .build()
                        .toByteArray());
            }
        }
        drained = stopping && sent == acked;
    }

    private byte[] chunk() {
        int from = (int) (sent % (log.length - chunkBytes));
        int size = CodedOutputStream.computeStringSize(TERMINAL_ID_FIELD, terminal)
                + CodedOutputStream.computeUInt64Size(OFFSET_FIELD, sent)
                + CodedOutputStream.computeUInt64Size(MARKER_NUMBER_FIELD, 1)
                + CodedOutputStream.computeTagSize(DATA_FIELD)
                + CodedOutputStream.computeUInt32SizeNoTag(chunkBytes)
                + chunkBytes;
        byte[] wire = new byte[size];
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(wire);
            out.writeString(TERMINAL_ID_FIELD, terminal);
            out.writeUInt64(OFFSET_FIELD, sent);
            out.writeUInt64(MARKER_NUMBER_FIELD, 1);
            out.writeTag(DATA_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(chunkBytes);
            out.writeRawBytes(log, from, chunkBytes);
        } catch (IOException e) {
            throw new IllegalStateException("the size was computed wrongly", e);
        }
        sent += chunkBytes;
        return wire;
    }

    private static MethodDescriptor<byte[], OutputAck> method() {
        MethodDescriptor<OutputChunk, OutputAck> generated = AgentIngressGrpc.getPublishOutputMethod();
        return generated.toBuilder(new RawBytes(), generated.getResponseMarshaller())
                .build();
    }
}
