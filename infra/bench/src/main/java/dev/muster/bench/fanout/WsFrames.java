package dev.muster.bench.fanout;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;

/** Frames of RFC 6455, as far as a client under no attack needs them. */
public final class WsFrames {
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private WsFrames() {}

    /** A masked frame; the mask is zero, which is as good as any on loopback. */
    public static byte[] client(int opcode, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        frame.put((byte) (0x80 | opcode));
        if (payload.length < 126) {
            frame.put((byte) (0x80 | payload.length));
        } else if (payload.length < 65_536) {
            frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
        } else {
            frame.put((byte) (0x80 | 127)).putLong(payload.length);
        }
        frame.putInt(0).put(payload);
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        return bytes;
    }

    /** Takes whole frames out of a buffer; what is left stays in it. */
    public static void parse(ByteBuffer in, BiConsumer<Integer, ByteBuffer> taker) {
        while (in.remaining() >= 2) {
            in.mark();
            int opcode = in.get() & 0x0f;
            long length = in.get() & 0x7f;
            if (length >= 126) {
                int more = length == 126 ? 2 : 8;
                if (in.remaining() < more) {
                    in.reset();
                    return;
                }
                length = more == 2 ? in.getShort() & 0xffff : in.getLong();
            }
            if (in.remaining() < length) {
                in.reset();
                return;
            }
            ByteBuffer payload = in.slice(in.position(), (int) length);
            in.position(in.position() + (int) length);
            taker.accept(opcode, payload);
        }
    }
}
