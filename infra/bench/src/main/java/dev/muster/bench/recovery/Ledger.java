package dev.muster.bench.recovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The output of an agent's task: numbered lines, each with a checksum of its number, a burst at a time until a file
 * appears, and last the number of lines. So that number alone determines every byte of it.
 *
 * @param stop the file that ends it
 * @param burst lines at once
 * @param pauseMillis between bursts
 */
public record Ledger(Path stop, int burst, int pauseMillis) {
    private static final long FACTOR = 2_654_435_761L;
    private static final long PRIME = 4_294_967_291L;

    /** For /bin/sh. */
    public String command() {
        return ("i=0; while [ ! -e '%s' ]; do n=$((i+%d)); while [ $i -lt $n ]; do i=$((i+1));"
                        + " printf '%%08d %%010d\\n' $i $((i*%d%%%d)); done; sleep %s; done; echo end $i")
                .formatted(stop, burst, FACTOR, PRIME, String.format(Locale.ROOT, "%.3f", pauseMillis / 1_000.0));
    }

    /** Ends it, after the burst that is being printed. */
    public void end() throws IOException {
        var unused = Files.createFile(stop);
    }

    /** Line number {@code n}, counted from 1. */
    public static String line(long n) {
        return String.format(Locale.ROOT, "%08d %010d", n, n * FACTOR % PRIME);
    }

    /** All of it. */
    public static String text(long lines) {
        StringBuilder text = new StringBuilder();
        for (long n = 1; n <= lines; n++) {
            text.append(line(n)).append('\n');
        }
        return text.append("end ").append(lines).append('\n').toString();
    }

    /**
     * How many lines there were, as its last line says.
     *
     * @throws IllegalArgumentException if it is not the end of a ledger
     */
    public static long count(String text) {
        int last = text.lastIndexOf("end ");
        if (last < 0 || !text.endsWith("\n")) {
            throw new IllegalArgumentException(
                    "a ledger ends with its count, not with: " + text.substring(Math.max(0, text.length() - 80)));
        }
        return Long.parseLong(text.substring(last + 4, text.length() - 1));
    }
}
