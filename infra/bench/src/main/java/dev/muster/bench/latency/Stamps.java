package dev.muster.bench.latency;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lines that carry their own number: {@code @0000001234 compiling ...}, all of one length, ended by CR LF. Pure. */
final class Stamps {
    static final int LINE_BYTES = 128;

    private static final int DIGITS = 10;
    private static final byte[] TEMPLATE = template();

    private Stamps() {}

    /** Consecutive lines. */
    static byte[] lines(long first, int count) {
        byte[] lines = new byte[count * LINE_BYTES];
        for (int i = 0; i < count; i++) {
            System.arraycopy(TEMPLATE, 0, lines, i * LINE_BYTES, LINE_BYTES);
            long number = first + i;
            for (int at = i * LINE_BYTES + DIGITS; at > i * LINE_BYTES; at--) {
                lines[at] = (byte) ('0' + number % 10);
                number /= 10;
            }
        }
        return lines;
    }

    /** The number of a line, or -1 where it is none of these. */
    static long numberOf(String line) {
        if (line.length() != LINE_BYTES - 2 || line.charAt(0) != '@' || line.charAt(DIGITS + 1) != ' ') {
            return -1;
        }
        long number = 0;
        for (int i = 1; i <= DIGITS; i++) {
            int digit = line.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static byte[] template() {
        byte[] line = new byte[LINE_BYTES];
        Arrays.fill(line, (byte) 'x');
        byte[] text = "@0000000000 [info] compiling dev/muster/bench/latency/".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, line, 0, text.length);
        line[LINE_BYTES - 2] = '\r';
        line[LINE_BYTES - 1] = '\n';
        return line;
    }
}
