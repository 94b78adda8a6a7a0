package dev.muster.registry.terminal.history;

import com.google.protobuf.ByteString;
import dev.muster.proto.store.v1.TerminalTimes;
import dev.muster.terminal.engine.TimedLineSink;
import java.util.Arrays;

/** Final lines that are in no segment yet: their text, each ended by LF, where each begins, and when it came. */
final class OpenLines implements TimedLineSink {
    private long first;
    private byte[] text = new byte[1_024];
    private int size;
    private int[] ends = new int[32];
    private long[] times = new long[32];
    private int count;

    OpenLines(long first) {
        this.first = first;
    }

    /**
     * Continues with lines that were written down as {@link #text}.
     *
     * @param lineTimes of each of them; those behind the last one have none
     */
    void restore(ByteString lines, long[] lineTimes) {
        byte[] bytes = lines.toByteArray();
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                add(bytes, from, i - from, count < lineTimes.length ? lineTimes[count] : 0);
                from = i + 1;
            }
        }
    }

    @Override
    public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        if (number != first + count) {
            throw new IllegalStateException("line " + number + " where " + (first + count) + " was expected");
        }
        add(utf8, offset, length, atMillis);
    }

    private void add(byte[] utf8, int offset, int length, long atMillis) {
        if (size + length + 1 > text.length) {
            text = Arrays.copyOf(text, Math.max(size + length + 1, text.length * 2));
        }
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, count * 2);
            times = Arrays.copyOf(times, count * 2);
        }
        System.arraycopy(utf8, offset, text, size, length);
        size += length;
        text[size++] = '\n';
        times[count] = atMillis;
        ends[count++] = size;
    }

    /** Number of the first line. */
    public long first() {
        return first;
    }

    public int count() {
        return count;
    }

    /** Bytes of text, line ends included. */
    int bytes() {
        return size;
    }

    /** All of the text. */
    ByteString text() {
        return ByteString.copyFrom(text, 0, size);
    }

    /** How many of the lines from the {@code from}th on fit into so many bytes; at least one. */
    int fitting(int from, int bytes) {
        int start = start(from);
        int to = from + 1;
        while (to < count && ends[to] - start <= bytes) {
            to++;
        }
        return to - from;
    }

    ByteString text(int from, int to) {
        return ByteString.copyFrom(text, start(from), ends[to - 1] - start(from));
    }

    TerminalTimes times(int from, int to) {
        return StoredTimes.of(times, from, to);
    }

    public void each(TimedLineSink sink) {
        for (int i = 0; i < count; i++) {
            sink.line(first + i, text, start(i), ends[i] - 1 - start(i), times[i]);
        }
    }

    void clear() {
        first += count;
        count = 0;
        size = 0;
        if (text.length > 1 << 20) {
            text = new byte[1_024];
        }
    }

    private int start(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }
}
