package dev.muster.bench.latency;

import dev.muster.bench.report.WaitRanOut;
import dev.muster.bench.report.Waiting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Prints lines at an even pace over several terminals, one chunk per line, by the clock and not by the answers. */
final class PacedLoad {
    private static final int FILL_LINES = 128;
    private static final int FILL_WINDOW_BYTES = 1 << 20;
    private static final int UNSEEN_LINES_EACH = 25;
    private static final long PAUSE_NANOS = 100_000;

    private final List<Stage.Terminal> terminals;
    private final List<Printed> printed = new ArrayList<>();
    private final long[] lines;

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

    /** Lines that were printed so far, over these terminals. */
    long printed(int from, int to) {
        return Arrays.stream(lines, from, to).sum();
    }

    /**
     * @param from the first of the terminals that print, and
     * @param to the one after the last
     * @param goOn asked before each line
     * @return how many were printed
     */
    long run(int from, int to, int perSecond, BooleanSupplier goOn) {
        long begin = System.nanoTime();
        long done = 0;
        while (goOn.getAsBoolean()) {
            long due = begin + done * 1_000_000_000L / perSecond;
            Waiting.sleepUntil(due);
            printNext(from + (int) (done % (to - from)), due);
            done++;
        }
        return done;
    }

    /**
     * Prints as fast as viewers follow, and waits for the last line.
     *
     * @param passed lines of these terminals that viewers have seen or skipped, counted from the first printed line
     * @return lines a second
     * @throws WaitRanOut if they do not get to the last line
     */
    double saturate(int from, int to, double seconds, LongSupplier passed) {
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        long passedBefore = passed.getAsLong();
        for (long done = 0; System.nanoTime() < end; ) {
            if (printed(from, to) - passed.getAsLong() >= (long) UNSEEN_LINES_EACH * (to - from)) {
                LockSupport.parkNanos(PAUSE_NANOS);
            } else {
                printNext(from + (int) (done++ % (to - from)), System.nanoTime());
            }
        }
        double perSecond = (passed.getAsLong() - passedBefore) / ((System.nanoTime() - begin) / 1e9);
        if (!Waiting.whileGrowing(passed, () -> passed.getAsLong() >= printed(from, to))) {
            throw new WaitRanOut("viewers got " + passed.getAsLong() + " of " + printed(from, to)
                    + " lines, and then none for half a minute");
        }
        return perSecond;
    }

    private void printNext(int terminal, long due) {
        printed.get(terminal).set(lines[terminal], due);
        terminals.get(terminal).out().print(Stamps.lines(lines[terminal], 1));
        lines[terminal]++;
    }

    long run(int from, int to, int perSecond, double seconds) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        return run(from, to, perSecond, () -> System.nanoTime() < end);
    }
}
