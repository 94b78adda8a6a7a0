package dev.muster.bench.load;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One terminal that prints within the gateway's windows. As gRPC does, it puts each message into its own frames. Unlike
 * gRPC, it begins a message only when all of it fits into the windows. Confined to the thread of its
 * {@link OutputLoad}, except {@link #stop} and the queries.
 */
public final class OutputStreamLoad {
    private static final int TERMINAL_ID_FIELD = 1;
    private static final int OFFSET_FIELD = 2;
    private static final int MARKER_NUMBER_FIELD = 3;
    private static final int DATA_FIELD = 4;
    private static final int MESSAGE_HEADER_BYTES = 5;
    /** A turn ends after that, so that one connection does not keep the thread of all. */
    private static final int TURN_BYTES = 128 * 1_024;

    private static final int IN_BYTES = 32 * 1_024;
    private static final int ACK_BYTES_MAX = 4_096;
    private static final int UPDATE_WINDOW_BYTES = 16 * 1_024;
    private static final int SMALL_BYTES = 4_096;

    private final SocketChannel channel;
    private final ByteBuffer scratch;
    private final byte[] log;
    private final OutputLoad.Printing printing;
    private final byte[] chunkHead = new byte[128];
    private final ByteBuffer in = ByteBuffer.allocate(IN_BYTES);
    private final ByteBuffer acks = ByteBuffer.allocate(ACK_BYTES_MAX);
    private final DefaultHttp2HeadersDecoder headersDecoder = new DefaultHttp2HeadersDecoder(false);
    private @Nullable SelectionKey key;
    /** What the socket did not take. */
    private @Nullable ByteBuffer unsent;

    private boolean awaitsRoom;

    private long connectionWindow = Http2Frames.WINDOW_BYTES;
    private long streamWindow = Http2Frames.WINDOW_BYTES;
    private int initialWindow = Http2Frames.WINDOW_BYTES;
    private int unannounced;
    private long sent;
    private long acked;
    private boolean started;
    private volatile boolean stopping;
    private volatile boolean drained;
    private volatile @Nullable String ended;

    OutputStreamLoad(SocketChannel channel, ByteBuffer scratch, byte[] log, OutputLoad.Printing printing) {
        this.channel = channel;
        this.scratch = scratch;
        this.log = log;
        this.printing = printing;
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
    public @Nullable String ended() {
        return ended;
    }

    void register(SelectionKey registered, SimNode node, String session) throws IOException {
        key = registered;
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(":method", "POST");
        headers.put(":scheme", "http");
        headers.put(":path", "/muster.agent.v1.AgentIngress/PublishOutput");
        headers.put(":authority", "127.0.0.1");
        headers.put("te", "trailers");
        headers.put("content-type", "application/grpc");
        headers.put("authorization", "Bearer " + node.credential());
        headers.put("muster-session", session);
        ByteBuffer out = ByteBuffer.allocate(SMALL_BYTES);
        Http2Frames.preface(out);
        Http2Frames.headers(out, headers);
        write(out.flip());
    }

    void end(String why) {
        if (ended == null) {
            ended = why;
        }
        if (key != null) {
            key.cancel();
        }
    }

    /** The socket can be read or written. */
    void turn() {
        try {
            if (channel.read(in) < 0) {
                end("the gateway hung up");
                return;
            }
            in.flip();
            while (in.remaining() >= Http2Frames.HEADER_BYTES && frame()) {}
            in.compact();
            if (ended == null) {
                pump();
            }
        } catch (IOException e) {
            end(e.toString());
        }
    }

    /** False while it has not come in full. */
    private boolean frame() throws IOException {
        int at = in.position();
        int length = ((in.get(at) & 0xff) << 16) | (in.getShort(at + 1) & 0xffff);
        int type = in.get(at + 3);
        int flags = in.get(at + 4);
        int stream = in.getInt(at + 5);
        if (in.remaining() < Http2Frames.HEADER_BYTES + length) {
            return false;
        }
        ByteBuffer payload = in.slice(at + Http2Frames.HEADER_BYTES, length);
        in.position(at + Http2Frames.HEADER_BYTES + length);
        switch (type) {
            case Http2Frames.DATA -> takeAcks(payload);
            case Http2Frames.HEADERS -> takeHeaders(payload, (flags & Http2Frames.END_STREAM) != 0);
            case Http2Frames.SETTINGS -> takeSettings(payload, (flags & Http2Frames.ACK) != 0);
            case Http2Frames.WINDOW_UPDATE -> {
                if (stream == 0) {
                    connectionWindow += payload.getInt();
                } else {
                    streamWindow += payload.getInt();
                }
            }
            case Http2Frames.PING -> {
                if ((flags & Http2Frames.ACK) == 0) {
                    ByteBuffer pong = ByteBuffer.allocate(Http2Frames.HEADER_BYTES + length);
                    Http2Frames.header(pong, length, Http2Frames.PING, Http2Frames.ACK, 0);
                    write(pong.put(payload).flip());
                }
            }
            case Http2Frames.RST_STREAM, Http2Frames.GOAWAY -> end("the gateway ended the call, frame " + type);
            default -> {}
        }
        return true;
    }

    private void takeSettings(ByteBuffer settings, boolean ack) throws IOException {
        if (ack) {
            return;
        }
        while (settings.hasRemaining()) {
            int id = settings.getShort();
            int value = settings.getInt();
            if (id == Http2Frames.INITIAL_WINDOW_SIZE) {
                streamWindow += value - initialWindow;
                initialWindow = value;
            }
        }
        ByteBuffer out = ByteBuffer.allocate(Http2Frames.HEADER_BYTES);
        Http2Frames.header(out, 0, Http2Frames.SETTINGS, Http2Frames.ACK, 0);
        write(out.flip());
    }

    private void takeHeaders(ByteBuffer block, boolean last) {
        try {
            var headers = headersDecoder.decodeHeaders(Http2Frames.STREAM, Unpooled.wrappedBuffer(block));
            if (last) {
                end("the gateway said: " + headers);
            }
        } catch (Http2Exception e) {
            end(e.toString());
        }
    }

    private void takeAcks(ByteBuffer data) throws IOException {
        unannounced += data.remaining();
        acks.put(data).flip();
        while (acks.remaining() >= MESSAGE_HEADER_BYTES) {
            int length = acks.getInt(acks.position() + 1);
            if (acks.remaining() < MESSAGE_HEADER_BYTES + length) {
                break;
            }
            take(OutputAck.parseFrom(acks.slice(acks.position() + MESSAGE_HEADER_BYTES, length)));
            acks.position(acks.position() + MESSAGE_HEADER_BYTES + length);
        }
        acks.compact();
        if (unannounced >= UPDATE_WINDOW_BYTES) {
            ByteBuffer out = ByteBuffer.allocate(SMALL_BYTES);
            Http2Frames.windowUpdate(out, 0, unannounced);
            Http2Frames.windowUpdate(out, Http2Frames.STREAM, unannounced);
            write(out.flip());
            unannounced = 0;
        }
    }

    private void take(OutputAck ack) {
        if (ack.getOffset() > acked) {
            printing.ackedBytes().add(ack.getOffset() - acked);
            acked = ack.getOffset();
        }
        if (ack.getResend()) {
            started = ack.getMarkerNumber() > 0;
            sent = acked;
        }
    }

    private void pump() throws IOException {
        if (unsent != null) {
            ByteBuffer rest = unsent;
            unsent = null;
            write(rest);
        }
        scratch.clear();
        boolean more = true;
        while (more && unsent == null && !stopping && sent - acked < printing.windowBytes()) {
            if (scratch.position() >= TURN_BYTES) {
                write(scratch.flip());
                scratch.clear();
            } else {
                more = started ? chunk() : start();
            }
        }
        write(scratch.flip());
        drained = stopping && sent == acked;
    }

    private boolean start() {
        byte[] start = OutputChunk.newBuilder()
                .setTerminalId(printing.terminal())
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(Start.getDefaultInstance()))
                .build()
                .toByteArray();
        started = message(start, start.length, 0, 0);
        return started;
    }

    private boolean chunk() {
        int chunkBytes = printing.chunkBytes();
        try {
            CodedOutputStream head = CodedOutputStream.newInstance(chunkHead);
            head.writeString(TERMINAL_ID_FIELD, printing.terminal());
            head.writeUInt64(OFFSET_FIELD, sent);
            head.writeUInt64(MARKER_NUMBER_FIELD, 1);
            head.writeTag(DATA_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            head.writeUInt32NoTag(chunkBytes);
            int from = (int) (sent % (log.length - chunkBytes));
            boolean written = message(chunkHead, head.getTotalBytesWritten(), from, chunkBytes);
            sent += written ? chunkBytes : 0;
            return written;
        } catch (IOException e) {
            throw new IllegalStateException("a terminal's id is short", e);
        }
    }

    /**
     * Adds a message of a head and a part of the log, in its own frames; false when the windows have no room for it.
     */
    private boolean message(byte[] head, int headBytes, int logFrom, int logBytes) {
        int left = MESSAGE_HEADER_BYTES + headBytes + logBytes;
        if (left > Math.min(connectionWindow, streamWindow)) {
            return false;
        }
        connectionWindow -= left;
        streamWindow -= left;
        int frame = Math.min(left, Http2Frames.FRAME_BYTES_MAX);
        Http2Frames.header(scratch, frame, Http2Frames.DATA, 0, Http2Frames.STREAM);
        scratch.put((byte) 0).putInt(headBytes + logBytes).put(head, 0, headBytes);
        int part = frame - MESSAGE_HEADER_BYTES - headBytes;
        scratch.put(log, logFrom, part);
        for (int done = part; done < logBytes; done += part) {
            part = Math.min(logBytes - done, Http2Frames.FRAME_BYTES_MAX);
            Http2Frames.header(scratch, part, Http2Frames.DATA, 0, Http2Frames.STREAM);
            scratch.put(log, logFrom + done, part);
        }
        return true;
    }

    /** Bytes that the socket does not accept are kept and go first. */
    private void write(ByteBuffer out) throws IOException {
        ByteBuffer first = unsent;
        if (first != null) {
            unsent = ByteBuffer.allocate(first.remaining() + out.remaining())
                    .put(first)
                    .put(out)
                    .flip();
            return;
        }
        if (out.hasRemaining()) {
            channel.write(out);
        }
        if (out.hasRemaining()) {
            unsent = ByteBuffer.allocate(out.remaining()).put(out).flip();
        }
        SelectionKey registered = key;
        if (registered != null && awaitsRoom != (unsent != null)) {
            awaitsRoom = unsent != null;
            registered.interestOps(awaitsRoom ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
    }
}
