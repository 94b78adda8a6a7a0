package dev.muster.bench.report;

import java.io.PrintStream;
import java.util.Locale;

/** Reports on standard error what a benchmark does, with the seconds since its start. */
public final class Progress {
    private final PrintStream err;
    private final long startNanos = System.nanoTime();

    public Progress(PrintStream err) {
        this.err = err;
    }

    public void say(String line) {
        err.printf(Locale.ROOT, "%6.1f s  %s%n", (System.nanoTime() - startNanos) / 1e9, line);
    }
}
