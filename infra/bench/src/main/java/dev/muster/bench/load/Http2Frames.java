package dev.muster.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * As much of HTTP/2 (RFC 9113) as one call from a client needs.
 *
 * <pre>
 * length (24) | type (8) | flags (8) | stream (32) | payload
 * </pre>
 */
final class Http2Frames {
    static final int HEADER_BYTES = 9;
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    static final int INITIAL_WINDOW_SIZE = 4;
    /** What every connection and stream begins with. */
    static final int WINDOW_BYTES = 65_535;
    /** No peer may be sent more unless it says so. */
    static final int FRAME_BYTES_MAX = 16_384;

    /** The only call of a connection. */
    static final int STREAM = 1;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    /** HPACK (RFC 7541): a literal that is not indexed, with its name. */
    private static final byte LITERAL = 0;

    private static final int PREFIX_MAX = 127;

    private Http2Frames() {}

    /** The first bytes of a client, including its empty settings. */
    static void preface(ByteBuffer out) {
        out.put(PREFACE);
        header(out, 0, SETTINGS, 0, 0);
    }

    /** @param headers in order, those with a colon first */
    static void headers(ByteBuffer out, Map<String, String> headers) {
        int at = out.position();
        header(out, 0, HEADERS, END_HEADERS, STREAM);
        headers.forEach((name, value) -> {
            out.put(LITERAL);
            text(out, name);
            text(out, value);
        });
        out.putShort(at + 1, (short) (out.position() - at - HEADER_BYTES));
    }

    static void header(ByteBuffer out, int length, int type, int flags, int stream) {
        out.put((byte) (length >>> 16)).putShort((short) length);
        out.put((byte) type).put((byte) flags).putInt(stream);
    }

    static void windowUpdate(ByteBuffer out, int stream, int bytes) {
        header(out, Integer.BYTES, WINDOW_UPDATE, 0, stream);
        out.putInt(bytes);
    }

    private static void text(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length < PREFIX_MAX) {
            out.put((byte) bytes.length);
        } else {
            out.put((byte) PREFIX_MAX);
            int rest = bytes.length - PREFIX_MAX;
            for (; rest >= 128; rest >>>= 7) {
                out.put((byte) ((rest & 127) | 128));
            }
            out.put((byte) rest);
        }
        out.put(bytes);
    }
}
