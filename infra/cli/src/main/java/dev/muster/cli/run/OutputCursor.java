package dev.muster.cli.run;

/**
 * Where in a task's output the reader is. Chunks come by offset, some twice, some not at all; what was written is always a prefix of the
 * output, without a hole or a repeat.
 */
final class OutputCursor {
    private long next;

    /**
     * What to do with a chunk.
     *
     * @param fillTo where the chunk begins that can be written, after what is missing before it was read from elsewhere
     * @param skip bytes of the chunk that were written before
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
