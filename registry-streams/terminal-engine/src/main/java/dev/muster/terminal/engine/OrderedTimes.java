package dev.muster.terminal.engine;

/**
 * Passes lines on with times that never go back. A program may write the rows of a screen in any order; a line then has
 * the time of the latest one above it, if its own is earlier or unknown.
 */
final class OrderedTimes implements TimedLineSink {
    private final LineSink out;
    private long lastMillis;

    OrderedTimes(LineSink out, long lastMillis) {
        this.out = out;
        this.lastMillis = lastMillis;
    }

    /** The time of the last line; before the first one, the time before which there is none. */
    long lastMillis() {
        return lastMillis;
    }

    void begin(long millis) {
        if (lastMillis == 0) {
            lastMillis = millis;
        }
    }

    private long ordered(long atMillis) {
        lastMillis = Math.max(lastMillis, atMillis);
        return lastMillis;
    }

    @Override
    public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        out.line(number, utf8, offset, length, ordered(atMillis));
    }

    @Override
    public void part(long number, byte[] utf8, int offset, int length, long atMillis) {
        out.part(number, utf8, offset, length, ordered(atMillis));
    }
}
