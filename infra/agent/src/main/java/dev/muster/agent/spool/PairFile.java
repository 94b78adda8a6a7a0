package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Pairs of position and time for the bytes of one file of data, in ascending order of positions. What an unfinished
 * write has left behind the last pair is written over. Confined to its terminal's lock.
 *
 * <pre>
 * pair, 8 bytes: 22 bits position within the file of data, 42 bits milliseconds since 1970 (until the year 2109)
 * </pre>
 */
final class PairFile implements AutoCloseable {
    private static final int PAIR_BYTES = Long.BYTES;
    private static final int TIME_BITS = 42;
    private static final long TIME_MAX = (1L << TIME_BITS) - 1;
    /** Output is sent in order: the pair that is looked for is most likely one of the next. */
    private static final int NEXT_MAX = 4;

    private final long index;
    private final FileChannel channel;
    private int count;
    private int latest;

    /** @param index the number of the file of data */
    PairFile(Path file, long index) throws IOException {
        this.index = index;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        count = (int) Math.min(DataFiles.FILE_BYTES, channel.size() / PAIR_BYTES);
    }

    long index() {
        return index;
    }

    int count() {
        return count;
    }

    /** Whether it can be written. */
    static boolean isTime(long millis) {
        return millis >= 0 && millis <= TIME_MAX;
    }

    void append(long position, long millis) throws IOException {
        ByteBuffer pair = ByteBuffer.allocate(PAIR_BYTES);
        pair.putLong(0, (position - begin()) << TIME_BITS | millis);
        long at = (long) count * PAIR_BYTES;
        while (pair.hasRemaining()) {
            at += channel.write(pair, at);
        }
        count++;
    }

    /** The first pair whose position is greater; the number of pairs if there is none. */
    int firstBehind(long position) throws IOException {
        int low = latest > 0 && latest <= count && position(latest - 1) <= position ? latest : 0;
        for (int i = 0; i < NEXT_MAX && low < count; i++) {
            if (position(low) > position) {
                latest = low;
                return low;
            }
            low++;
        }
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (position(middle) > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        latest = low;
        return low;
    }

    long position(int pair) throws IOException {
        return begin() + (read(pair) >>> TIME_BITS);
    }

    long millis(int pair) throws IOException {
        return read(pair) & TIME_MAX;
    }

    /** Leaves out pairs at the end that are no part of a row, and those of bytes that are not there. */
    void cutBehind(long end) throws IOException {
        int good = count;
        while (good > 0 && (position(good - 1) >= end || (good > 1 && position(good - 1) <= position(good - 2)))) {
            good--;
        }
        cut(good);
    }

    void cut(int pairs) throws IOException {
        count = pairs;
        channel.truncate((long) pairs * PAIR_BYTES);
    }

    private long begin() {
        return index * DataFiles.FILE_BYTES;
    }

    private long read(int pair) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(PAIR_BYTES);
        long at = (long) pair * PAIR_BYTES;
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, at + buffer.position());
            if (read < 0) {
                throw new IOException("a file of times is shorter than it was");
            }
        }
        return buffer.getLong(0);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
