package dev.muster.fanout.log.ring;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The recent records of one partition, bounded in bytes, indexed by key (an audience, or a watched terminal), so that a
 * session reads only its own. A session is a cursor: the ring keeps nothing for a session except its wake-up call.
 * Written by the tail's thread, read by all. Thread-safe; guarded by its own lock.
 */
public final class PartitionRing {
    private final long bytesMax;
    private final EntryLog all = new EntryLog();
    private final Map<String, EntryLog> byKey = new HashMap<>();
    private final Map<String, Set<Runnable>> waiting = new HashMap<>();
    /** Of keys that somebody waits for: offset from which on none of their records was let go. */
    private final Map<String, Long> floors = new HashMap<>();

    private long bytes;
    private long start;
    /** Written under the lock, as is the epoch; read without it by {@link #isAtEnd}. */
    private volatile long end;

    private long logStart;
    private long logEnd;
    private long anewEnd = -1;
    private volatile int epoch;
    private boolean open;

    public PartitionRing(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /**
     * A record as parsed, before it has a place in the ring.
     *
     * @param atMillis when the broker took it
     */
    public record Arrival(String key, long offset, long atMillis, Message value, int valueBytes) {}

    /**
     * The range of a ring: it holds every record of the partition from {@code start} to before {@code end}.
     *
     * @param epoch grows when records between two moments were lost, so that an earlier cursor cannot go on
     * @param logStart first offset that the broker has, as last reported
     * @param logEnd the end of the log as last reported; not before {@code end}
     */
    public record Bounds(long start, long end, int epoch, long logStart, long logEnd) {}

    /**
     * Starts again, empty, at an offset. Earlier readers have a gap.
     *
     * @param logStart offset of the log's first record now
     * @param logEnd offset of the log's end now
     */
    public void open(long offset, long logStart, long logEnd) {
        List<Runnable> wake = new ArrayList<>();
        synchronized (this) {
            while (all.size() > 0) {
                evictFirst();
            }
            start = offset;
            end = offset;
            floors.replaceAll((key, floor) -> offset);
            this.logStart = logStart;
            this.logEnd = logEnd;
            epoch++;
            open = true;
            waiting.values().forEach(wake::addAll);
        }
        wake.forEach(Runnable::run);
    }

    /**
     * The topic was recreated, and its log ends here now. An offset at or below this end, or at or below the old log's
     * end, may belong to the old log. For a ring without readers the old log's end is unknown. There the doubt remains
     * until the new log is longer than the budget, and each snapshot replays the new log from its start, within the
     * budget. No record is skipped.
     */
    public synchronized void madeAnew(long endNow) {
        anewEnd = open ? Math.max(endNow, Math.max(end, logEnd)) : Long.MAX_VALUE;
    }

    /** No records will come until it is opened again. */
    public synchronized void close() {
        open = false;
        while (all.size() > 0) {
            evictFirst();
        }
    }

    public synchronized boolean isOpen() {
        return open;
    }

    /**
     * Adds the polled records and wakes the readers of their keys.
     *
     * @param end offset of the next record to come
     */
    public void append(List<Arrival> arrivals, long end) {
        // often one key gets all, and thousands wait for it: a copy of them needs no hashing
        Collection<Runnable> wake;
        synchronized (this) {
            Set<String> keys = new HashSet<>();
            for (Arrival arrival : arrivals) {
                Entry entry = new Entry(this, arrival);
                EntryLog log = byKey.computeIfAbsent(arrival.key(), key -> new EntryLog());
                entry.keyBytesBefore = bytesTo(log);
                log.addLast(entry);
                all.addLast(entry);
                bytes += entry.weightBytes;
                keys.add(arrival.key());
            }
            wake = waitingFor(keys);
            this.end = end;
            shrink();
        }
        wake.forEach(Runnable::run);
    }

    private Collection<Runnable> waitingFor(Set<String> keys) {
        if (keys.size() == 1) {
            return List.copyOf(waiting.getOrDefault(keys.iterator().next(), Set.of()));
        }
        Set<Runnable> those = new LinkedHashSet<>();
        keys.forEach(key -> those.addAll(waiting.getOrDefault(key, Set.of())));
        return those;
    }

    public synchronized Bounds bounds() {
        return new Bounds(start, end, epoch, logStart, Math.max(end, logEnd));
    }

    /**
     * The bounds for a reader of some keys only. Records of other keys that the ring has dropped are no loss to it, so
     * {@code start} may lie before the ring's own.
     */
    public synchronized Bounds bounds(List<String> keys) {
        return new Bounds(floor(keys), end, epoch, logStart, Math.max(end, logEnd));
    }

    /**
     * Where records continue after a state that the registry read up to a position of the log. The registry may not
     * have noticed yet that the topic was recreated. If the position may belong to the old log, every record of the new
     * log is unread.
     *
     * @param backMax the largest number of records of the new log that are replayed because of the doubt
     */
    public synchronized long after(long position, long backMax) {
        boolean beyond = position > Math.max(end, logEnd);
        boolean doubtful = position <= anewEnd && position - logStart <= backMax;
        return beyond || doubtful ? logStart : position;
    }

    /**
     * Whether a reader at this place has nothing to read now. Most readers ask right after they have read everything,
     * so this takes no lock. A reader that is woken later sees what was added before.
     */
    public boolean isAtEnd(long from, int readerEpoch) {
        return readerEpoch == epoch && from == end;
    }

    private long floor(List<String> keys) {
        long floor = 0;
        for (int i = 0; i < keys.size(); i++) {
            floor = Math.max(floor, floors.getOrDefault(keys.get(i), start));
        }
        return Math.min(floor, start);
    }

    /** The log was found to reach from here, to at least there. */
    public synchronized void hear(long start, long end) {
        logStart = Math.max(logStart, start);
        logEnd = Math.max(logEnd, end);
    }

    /** What the ring weighs now. */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Takes the next entries of some keys, in the order of the partition.
     *
     * @param from offset to go on from
     * @param into gets at most {@code countMax} entries of at most about {@code bytesMax}, but at least one if there is
     *     one
     * @return the offset to go on from next; -1 if the ring no longer has the records from there on
     */
    public synchronized long read(
            List<String> keys, long from, int readerEpoch, int countMax, int bytesMax, List<Entry> into) {
        if ((from < start && from < floor(keys)) || readerEpoch != epoch || !open) {
            return -1;
        }
        if (from >= end) {
            return from;
        }
        int taken = 0;
        int count = 0;
        long next = from;
        while (true) {
            @Nullable Entry least = null;
            for (int i = 0; i < keys.size(); i++) {
                EntryLog log = byKey.get(keys.get(i));
                if (log != null) {
                    int index = log.indexOf(next);
                    if (index < log.size() && (least == null || log.get(index).offset() < least.offset())) {
                        least = log.get(index);
                    }
                }
            }
            if (least == null) {
                return end;
            }
            if (count >= countMax || (count > 0 && taken + least.weightBytes > bytesMax)) {
                return next;
            }
            into.add(least);
            count++;
            taken += least.weightBytes;
            next = least.offset() + 1;
        }
    }

    /** How far a cursor is behind for its keys. */
    public synchronized Lag lag(List<String> keys, long from) {
        long records = 0;
        long lagBytes = 0;
        long since = 0;
        for (String key : keys) {
            EntryLog log = byKey.get(key);
            if (log != null) {
                int index = log.indexOf(from);
                if (index < log.size()) {
                    records += log.size() - index;
                    long at = log.get(index).atMillis();
                    since = since == 0 ? at : Math.min(since, at);
                    lagBytes += bytesTo(log) - log.get(index).keyBytesBefore;
                }
            }
        }
        return new Lag(records, lagBytes, since);
    }

    /** Bytes of all values of the key up to the end of its log. */
    private static long bytesTo(EntryLog log) {
        if (log.size() == 0) {
            return 0;
        }
        Entry last = log.get(log.size() - 1);
        return last.keyBytesBefore + last.valueBytes;
    }

    /**
     * Records and bytes that wait for a reader.
     *
     * @param sinceMillis when the broker took the oldest of them; 0: there is none
     */
    public record Lag(long records, long bytes, long sinceMillis) {
        public static final Lag NONE = new Lag(0, 0, 0);

        public Lag plus(Lag other) {
            long since = sinceMillis == 0 || (other.sinceMillis != 0 && other.sinceMillis < sinceMillis)
                    ? other.sinceMillis
                    : sinceMillis;
            return new Lag(records + other.records, bytes + other.bytes, since);
        }
    }

    /**
     * Has {@code wake} run, on the tail's thread, whenever one of the keys gets a record or the ring starts again. It
     * must not wait.
     */
    public synchronized void wakeOn(List<String> keys, Runnable wake) {
        for (String key : keys) {
            waiting.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(wake);
            floors.putIfAbsent(key, start);
        }
    }

    /** Undoes {@link #wakeOn} for the same object. */
    public synchronized void stopWaking(List<String> keys, Runnable wake) {
        for (String key : keys) {
            Set<Runnable> those = waiting.get(key);
            if (those != null && those.remove(wake) && those.isEmpty()) {
                waiting.remove(key);
                floors.remove(key);
            }
        }
    }

    /** Readers that would be woken, over all keys. */
    synchronized int waiting() {
        return waiting.values().stream().mapToInt(Set::size).sum();
    }

    synchronized void charge(Entry entry, int more) {
        if (!entry.evicted) {
            entry.weightBytes += more;
            bytes += more;
            shrink();
        }
    }

    private void shrink() {
        while (bytes > bytesMax && all.size() > 0) {
            start = evictFirst().offset() + 1;
        }
    }

    private Entry evictFirst() {
        Entry first = all.removeFirst();
        EntryLog log = byKey.get(first.key());
        if (log != null) {
            log.removeFirst();
            if (log.size() == 0) {
                byKey.remove(first.key());
            }
        }
        floors.replace(first.key(), first.offset() + 1);
        bytes -= first.weightBytes;
        first.evicted = true;
        return first;
    }
}
