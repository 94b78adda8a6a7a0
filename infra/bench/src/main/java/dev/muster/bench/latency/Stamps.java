package dev.muster.bench.latency;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Lines that carry their own number: {@code @0000001234 [info] src/main/parser/...}, all of one length, ended by CR LF.
 * They repeat themselves about as much as a build log does, so that compression gains no more than there. Pure.
 */
final class Stamps {
    static final int LINE_BYTES = 128;

    private static final int DIGITS = 10;
    private static final String[] WORDS = {
        "parser", "lexer", "session", "gateway", "terminal", "compiled", "with", "warnings", "target", "classes",
                "tests", "passed",
        "linking", "object", "cache", "hit", "miss", "resolved", "module", "generated", "checked", "files", "millis",
                "skipped"
    };
    private static final int VARIANTS = 4_096;
    private static final byte[] TEMPLATES = templates();

    private Stamps() {}

    /** Consecutive lines. */
    static byte[] lines(long first, int count) {
        byte[] lines = new byte[count * LINE_BYTES];
        for (int i = 0; i < count; i++) {
            long number = first + i;
            int variant = (int) ((number * 0x9e3779b97f4a7c15L) >>> 52);
            System.arraycopy(TEMPLATES, variant * LINE_BYTES, lines, i * LINE_BYTES, LINE_BYTES);
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

    private static byte[] templates() {
        byte[] lines = new byte[VARIANTS * LINE_BYTES];
        Random random = new Random(5);
        for (int at = 0; at < lines.length; at += LINE_BYTES) {
            StringBuilder line = new StringBuilder("@0000000000 [info] src/main/");
            while (line.length() < LINE_BYTES) {
                line.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(4) == 0 ? ' ' : '/');
                if (random.nextInt(3) == 0) {
                    line.append(random.nextInt(100_000)).append(' ');
                }
            }
            // a blank at its end would not be kept
            line.setLength(LINE_BYTES - 3);
            byte[] text = line.append(".\r\n").toString().getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, lines, at, LINE_BYTES);
        }
        return lines;
    }
}
