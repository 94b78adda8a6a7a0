package dev.muster.bench.latency;

import java.util.concurrent.atomic.AtomicLongArray;

/** When each line of a terminal was due, by its number. Written by the printing thread, read by the viewing one. */
final class Printed {
    private final AtomicLongArray due;

    Printed(int linesMax) {
        due = new AtomicLongArray(linesMax);
    }

    void set(long line, long nanos) {
        due.set((int) line, nanos);
    }

    long of(long line) {
        return due.get((int) line);
    }
}
