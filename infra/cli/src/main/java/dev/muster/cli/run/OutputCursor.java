package dev.muster.cli.run;

/**
 * The reader's position in a task's output. Some chunks arrive twice, and some are missing. The written bytes are
 * always a prefix of the output, without a gap or a repeat.
 */
final class OutputCursor {
    private long next;

    /**
     * What to do with a chunk.
     *
     * @param fillTo the chunk's first new byte; the bytes before it that are missing must be read from elsewhere first
     * @param skip bytes of the chunk that were already written
     */
    record Step(long fillTo, int skip) {}

    long next() {
        return next;
    }

    /** Looks at a chunk without taking it. */
    Step step(long offset, int length) {
        long seen = Math.max(0, next - offset);
        return new Step(Math.max(next, offset), (int) Math.min(seen, length));
    }

    /** Bytes at {@link #next} were written. */
    void wrote(long bytes) {
        next += bytes;
    }
}
