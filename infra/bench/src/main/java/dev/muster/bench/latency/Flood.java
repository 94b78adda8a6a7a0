package dev.muster.bench.latency;

import dev.muster.bench.report.Waiting;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * One terminal that prints as fast as the gateway accepts, up to a rate. It knows when each of its chunks was printed.
 */
final class Flood implements AutoCloseable {
    private static final int CHUNK_LINES = 128;
    private static final int CHUNK_BYTES = CHUNK_LINES * Stamps.LINE_BYTES;
    private static final long WINDOW_BYTES = 512 << 10;
    private static final int CHUNKS_MAX = 1 << 20;
    private static final long PAUSE_NANOS = 100_000;

    private final Stage.Terminal terminal;
    private final AtomicLongArray printedNanos = new AtomicLongArray(CHUNKS_MAX);
    private final Thread thread;
    private volatile long bytesPerSecond;
    private volatile long lines;
    private volatile boolean closing;

    Flood(Stage.Terminal terminal) {
        this.terminal = terminal;
        thread = new Thread(this::print, "bench-flood");
        thread.start();
    }

    /** @param bytes a second at most; 0: it pauses */
    void rate(long bytes) {
        bytesPerSecond = bytes;
        LockSupport.unpark(thread);
    }

    /** Lines printed so far. */
    long lines() {
        return lines;
    }

    long ackedLines() {
        return terminal.out().ackedBytes() / Stamps.LINE_BYTES;
    }

    /** When a line that was printed was printed. */
    long printedNanos(long line) {
        return printedNanos.get((int) (line / CHUNK_LINES));
    }

    private void print() {
        long since = System.nanoTime();
        long rate = 0;
        long done = 0;
        while (!closing) {
            if (rate != bytesPerSecond) {
                rate = bytesPerSecond;
                since = System.nanoTime();
                done = 0;
            }
            double due = rate * ((System.nanoTime() - since) / 1e9);
            boolean mayPrint = done + CHUNK_BYTES <= due
                    && terminal.out().sentBytes() - terminal.out().ackedBytes() < WINDOW_BYTES
                    && lines / CHUNK_LINES < CHUNKS_MAX;
            if (!mayPrint) {
                // what could not be printed in its time is not made up for later
                done = Math.max(done, (long) due - WINDOW_BYTES);
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            byte[] chunk = Stamps.lines(lines, CHUNK_LINES);
            printedNanos.set((int) (lines / CHUNK_LINES), System.nanoTime());
            terminal.out().print(chunk);
            done += CHUNK_BYTES;
            wrote();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // has one writer
    private void wrote() {
        lines += CHUNK_LINES;
    }

    @Override
    public void close() {
        closing = true;
        Waiting.join(thread);
    }
}
