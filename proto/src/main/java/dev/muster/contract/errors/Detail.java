package dev.muster.contract.errors;

/**
 * The words beside an error code. They may repeat what a caller sent, so each has a bound: gRPC sends a detail in a
 * header, and a client refuses an answer whose headers are longer than 8 or 10 KiB.
 */
public final class Detail {
    public static final int CHARS_MAX = 1_000;
    /** As gRPC encodes a detail: each byte that is no printable ASCII character takes three. */
    public static final int ENCODED_BYTES_MAX = 3_000;
    /** A close frame of a WebSocket has 125 bytes (RFC 6455, section 5.5). Two of them hold the code. */
    public static final int CLOSE_REASON_BYTES_MAX = 123;

    private static final String CUT = "...";

    private Detail() {}

    /** The text, or its beginning and "...". */
    public static String of(String text) {
        return cut(text, CHARS_MAX, ENCODED_BYTES_MAX, Detail::percentEncoded);
    }

    /** The reason, or as much of its beginning as a close frame has room for and "...". */
    public static String closeReason(String text) {
        return cut(text, CLOSE_REASON_BYTES_MAX, CLOSE_REASON_BYTES_MAX, Detail::utf8);
    }

    private static String cut(String text, int charsMax, int bytesMax, Weight weight) {
        int fits = 0;
        int bytes = 0;
        int at = 0;
        while (at < text.length()) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            bytes += weight.of(codePoint);
            if (at > charsMax || bytes > bytesMax) {
                return text.substring(0, fits) + CUT;
            }
            if (at <= charsMax - CUT.length() && bytes <= bytesMax - CUT.length()) {
                fits = at;
            }
        }
        return text;
    }

    private static int percentEncoded(int codePoint) {
        boolean plain = codePoint >= ' ' && codePoint < '~' && codePoint != '%';
        return plain ? 1 : 3 * utf8(codePoint);
    }

    private static int utf8(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < 0x10000 ? 3 : 4;
    }

    /** How many bytes a character takes where it is sent. */
    private interface Weight {
        int of(int codePoint);
    }
}
