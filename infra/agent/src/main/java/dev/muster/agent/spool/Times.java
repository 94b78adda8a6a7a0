package dev.muster.agent.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a terminal's bytes were read. Beside each of the {@link DataFiles} lies a {@link PairFile}, which is deleted
 * with it. The time of a pair holds for the bytes from the pair's position to the next one's, within the file of data.
 * A new pair begins only {@link #STEP_MILLIS} after the last one, so that busy output is not cut into small pieces.
 *
 * <p>The time of a byte is written once. So it is the same however often the byte is sent, also after a restart.
 * Nothing waits for times and no byte is lost for them: where a time could not be written or read, it is
 * {@link #UNKNOWN}. Bytes of an agent that wrote no times have none. In memory are only the last pair and the one that
 * was asked for last. Confined to its terminal's lock.
 */
final class Times implements AutoCloseable {
    static final long STEP_MILLIS = 10;
    static final long UNKNOWN = 0;
    private static final long NONE = -1;
    private static final String PREFIX = "times-";

    private static final Logger LOG = LoggerFactory.getLogger(Times.class);

    private final Path dir;
    private @Nullable PairFile writer;
    /** Of an earlier file, while its bytes are sent. */
    private @Nullable PairFile reader;

    /** The first file that may be there. */
    private long first;

    private long lastMillis = NONE;
    /** From here on no pair could be written. */
    private long unknownFrom = NONE;
    /** The bytes from here on have the time of {@link #asked}. */
    private long askedFrom;

    private Stretch asked = new Stretch(UNKNOWN, NONE);

    /**
     * The time of some bytes.
     *
     * @param atMillis when the first of them was read; {@link #UNKNOWN} if that is not known
     * @param end the position behind them
     */
    record Stretch(long atMillis, long end) {}

    /** Opens what is there for these bytes. */
    Times(Path dir, DataFiles data) {
        this.dir = dir;
        this.first = indexOf(data.begin());
        try {
            for (long index : NumberedFiles.in(dir, PREFIX)) {
                if (index < first || index > indexOf(data.end())) {
                    Files.deleteIfExists(file(index));
                }
            }
            Path last = file(indexOf(data.end()));
            if (Files.exists(last)) {
                writer = new PairFile(last, indexOf(data.end()));
                writer.cutBehind(data.end());
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /** The bytes from one position to the other were written; the first of them was read at that time. */
    void add(long from, long to, long readMillis) {
        long atMillis = PairFile.isTime(readMillis) ? readMillis : UNKNOWN;
        boolean isNextFile = writer == null || writer.index() != indexOf(from);
        boolean isSame = atMillis >= lastMillis && atMillis - lastMillis < STEP_MILLIS;
        if (isNextFile || lastMillis == NONE || !isSame) {
            begin(from, atMillis);
        }
        for (long next = (indexOf(from) + 1) * DataFiles.FILE_BYTES; next < to; next += DataFiles.FILE_BYTES) {
            begin(next, atMillis);
        }
    }

    private void begin(long position, long atMillis) {
        try {
            if (unknownFrom != NONE) {
                use(indexOf(unknownFrom)).append(unknownFrom, UNKNOWN);
                unknownFrom = NONE;
            }
            use(indexOf(position)).append(position, atMillis);
            lastMillis = atMillis;
        } catch (IOException e) {
            lastMillis = NONE;
            unknownFrom = unknownFrom == NONE ? position : unknownFrom;
            failed(e);
        }
        asked = new Stretch(asked.atMillis, Math.min(asked.end, position));
    }

    private PairFile use(long index) throws IOException {
        PairFile present = writer;
        if (present == null || present.index() != index) {
            PairFile next = new PairFile(file(index), index);
            writer = next;
            if (present != null) {
                present.close();
            }
            return next;
        }
        return present;
    }

    /** The time of the byte at this position, and how far it holds. */
    Stretch at(long position) {
        if (unknownFrom != NONE && position >= unknownFrom) {
            return new Stretch(UNKNOWN, Long.MAX_VALUE);
        }
        if (position < askedFrom || position >= asked.end) {
            asked = read(position);
            askedFrom = position;
        }
        return asked;
    }

    private Stretch read(long position) {
        long index = indexOf(position);
        long end = (index + 1) * DataFiles.FILE_BYTES;
        if (unknownFrom != NONE) {
            end = Math.min(end, unknownFrom);
        }
        try {
            PairFile pairs = pairsOf(index);
            if (pairs == null) {
                return new Stretch(UNKNOWN, end);
            }
            int next = pairs.firstBehind(position);
            long time = next == 0 ? UNKNOWN : pairs.millis(next - 1);
            return new Stretch(time, next == pairs.count() ? end : Math.min(end, pairs.position(next)));
        } catch (IOException e) {
            failed(e);
            return new Stretch(UNKNOWN, end);
        }
    }

    private @Nullable PairFile pairsOf(long index) throws IOException {
        if (writer != null && writer.index() == index) {
            return writer;
        }
        if (reader == null || reader.index() != index) {
            if (reader != null) {
                reader.close();
                reader = null;
            }
            if (Files.exists(file(index))) {
                reader = new PairFile(file(index), index);
            }
        }
        return reader;
    }

    /** Deletes the times of bytes that lie before the first one on the disk. */
    void trim(long begin) {
        try {
            if (reader != null && reader.index() < indexOf(begin)) {
                reader.close();
                reader = null;
            }
            for (; first < indexOf(begin); first++) {
                Files.deleteIfExists(file(first));
            }
        } catch (IOException e) {
            // the next start of the agent deletes them
            failed(e);
        }
    }

    /** Frees the space: no present byte is sent again. */
    void forgetAll() {
        lastMillis = NONE;
        unknownFrom = NONE;
        asked = new Stretch(UNKNOWN, NONE);
        try {
            if (writer != null) {
                writer.cut(0);
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    private static long indexOf(long position) {
        return position / DataFiles.FILE_BYTES;
    }

    private Path file(long index) {
        return dir.resolve(PREFIX + index);
    }

    private void failed(IOException why) {
        LOG.atDebug().addKeyValue("dir", dir).setCause(why).log("a file of times cannot be used");
    }

    @Override
    public void close() throws IOException {
        try {
            if (reader != null) {
                reader.close();
            }
        } finally {
            if (writer != null) {
                writer.close();
            }
        }
    }
}
