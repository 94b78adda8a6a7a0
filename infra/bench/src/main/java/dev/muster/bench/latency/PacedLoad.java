package dev.muster.bench.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Prints lines at an even pace over several terminals, one chunk per line, by the clock and not by the answers. */
final class PacedLoad {
    private static final int FILL_LINES = 128;
    private static final int FILL_WINDOW_BYTES = 1 << 20;

    private final List<Stage.Terminal> terminals;
    private final List<Printed> printed = new ArrayList<>();
    private final long[] lines;
    private volatile long count;

    /** @param linesMax that each of them may ever print */
    PacedLoad(List<Stage.Terminal> terminals, int linesMax) {
        this.terminals = List.copyOf(terminals);
        terminals.forEach(terminal -> printed.add(new Printed(linesMax)));
        lines = new long[terminals.size()];
    }

    /** When lines were due, for each terminal. */
    List<Printed> printed() {
        return printed;
    }

    /**
     * Prints as fast as the gateway takes it; these lines are due never.
     *
     * @param count lines, a multiple of 128
     */
    void fill(int terminal, int count) {
        var out = terminals.get(terminal).out();
        for (int done = 0; done < count; done += FILL_LINES) {
            Waiting.until("room for output", () -> out.sentBytes() - out.ackedBytes() < FILL_WINDOW_BYTES);
            out.print(Stamps.lines(lines[terminal], FILL_LINES));
            lines[terminal] += FILL_LINES;
        }
    }

    /** Lines that were due, over all terminals. */
    long lines() {
        return count;
    }

    /**
     * @param from the first of the terminals that print, and
     * @param to the one after the last
     * @param goOn asked before each line
     * @return how many were printed
     */
    long run(int from, int to, int perSecond, BooleanSupplier goOn) {
        long begin = System.nanoTime();
        long before = count;
        long done = 0;
        while (goOn.getAsBoolean()) {
            long due = begin + done * 1_000_000_000L / perSecond;
            Waiting.sleepUntil(due);
            int terminal = from + (int) (done % (to - from));
            printed.get(terminal).set(lines[terminal], due);
            terminals.get(terminal).out().print(Stamps.lines(lines[terminal], 1));
            lines[terminal]++;
            count = before + ++done;
        }
        return done;
    }

    long run(int from, int to, int perSecond, double seconds) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        return run(from, to, perSecond, () -> System.nanoTime() < end);
    }
}
