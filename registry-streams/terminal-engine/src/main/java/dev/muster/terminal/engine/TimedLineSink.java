package dev.muster.terminal.engine;

/** Receives lines of text with the times at which they began. */
@FunctionalInterface
public interface TimedLineSink extends LineSink {
    @Override
    void line(long number, byte[] utf8, int offset, int length, long atMillis);

    @Override
    default void part(long number, byte[] utf8, int offset, int length, long atMillis) {
        line(number, utf8, offset, length, atMillis);
    }

    @Override
    default void line(long number, byte[] utf8, int offset, int length) {
        line(number, utf8, offset, length, 0);
    }

    @Override
    default void part(long number, byte[] utf8, int offset, int length) {
        part(number, utf8, offset, length, 0);
    }
}
