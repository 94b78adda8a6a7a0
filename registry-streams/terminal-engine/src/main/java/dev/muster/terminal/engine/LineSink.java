package dev.muster.terminal.engine;

/** Receives lines of text. The bytes belong to the caller and are valid only during the call. */
@FunctionalInterface
public interface LineSink {

    /**
     * Called once for each line, in the order of their numbers.
     *
     * @param number counts from 0 over the whole life of a terminal
     * @param utf8 holds the line's text, without a line end, at {@code offset} for {@code length} bytes
     */
    void line(long number, byte[] utf8, int offset, int length);

    /**
     * As {@link #line}, with the time at which the line's first byte came. Engines call this. A sink that needs times
     * is a {@link TimedLineSink}.
     *
     * @param atMillis never goes back from one line to the next; 0: unknown
     */
    default void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        line(number, utf8, offset, length);
    }

    /** As {@link #line}, for a part of a line that is longer than the limit: it goes on in the next number. */
    default void part(long number, byte[] utf8, int offset, int length) {
        line(number, utf8, offset, length);
    }

    /** As {@link #part}, with the time at which the first byte of this part came. */
    default void part(long number, byte[] utf8, int offset, int length, long atMillis) {
        part(number, utf8, offset, length);
    }
}
