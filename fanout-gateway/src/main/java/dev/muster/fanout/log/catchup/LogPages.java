package dev.muster.fanout.log.catchup;

import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stretches of one partition that were read again for sessions behind the ring, and the sessions that wait for them. A
 * page serves every session whose cursor lies in it, so sessions at about the same place cost one read. Thread-safe;
 * guarded by its own lock.
 */
final class LogPages {
    private final int partition;
    private final Deque<Page> pages = new ArrayDeque<>();
    private final TreeMap<Long, Set<Runnable>> wanted = new TreeMap<>();
    private long lostBefore;
    private boolean queued;
    private int generation;

    /** @param records all of the partition from {@code start} to before {@code end} */
    private record Page(long start, long end, PartitionRing records) {
        boolean covers(long offset) {
            return offset >= start && offset < end;
        }
    }

    LogPages(int partition) {
        this.partition = partition;
    }

    int partition() {
        return partition;
    }

    /**
     * As {@link CatchUp#read}; where no page covers {@code from}, it is noted as wanted.
     */
    long read(List<String> keys, long from, int countMax, int bytesMax, List<Entry> into, Runnable wake) {
        @Nullable Page page;
        synchronized (this) {
            if (from < lostBefore) {
                return CatchUp.LOST;
            }
            page = pages.stream().filter(each -> each.covers(from)).findFirst().orElse(null);
            if (page == null) {
                wanted.computeIfAbsent(from, offset -> new LinkedHashSet<>()).add(wake);
                return CatchUp.PENDING;
            }
        }
        return page.records().read(keys, from, page.records().bounds().epoch(), countMax, bytesMax, into);
    }

    /** Whether it must be queued for a pass; it counts as queued then. */
    synchronized boolean mustQueue() {
        if (queued || wanted.isEmpty()) {
            return false;
        }
        queued = true;
        return true;
    }

    synchronized void unqueue() {
        queued = false;
    }

    /** Where the next pass begins: one pass serves all sessions from there on; -1: no session waits. */
    synchronized long lowestWanted() {
        return wanted.isEmpty() ? -1 : wanted.firstKey();
    }

    /** Grows when the log is recreated; pages of the old log are useless. */
    synchronized int generation() {
        return generation;
    }

    /** The log was recreated. Waiting sessions check again. */
    void restart() {
        List<Runnable> all;
        synchronized (this) {
            generation++;
            pages.clear();
            lostBefore = 0;
            all = takeWanted(Long.MAX_VALUE);
        }
        all.forEach(Runnable::run);
    }

    /**
     * Adds the records of a pass and wakes the sessions that it serves.
     *
     * @param readIn generation of the log when the pass began
     * @return false: the log was recreated meanwhile
     */
    boolean add(int readIn, long start, long end, List<PartitionRing.Arrival> arrivals) {
        PartitionRing records = new PartitionRing(Long.MAX_VALUE);
        records.open(start, start, end);
        records.append(arrivals, end);
        List<Runnable> served;
        synchronized (this) {
            if (readIn != generation) {
                return false;
            }
            pages.addFirst(new Page(start, end, records));
            served = takeWanted(end);
        }
        served.forEach(Runnable::run);
        return true;
    }

    /** No record before an offset can be read any longer. */
    void lose(int readIn, long before) {
        List<Runnable> served;
        synchronized (this) {
            if (readIn != generation) {
                return;
            }
            lostBefore = Math.max(lostBefore, before);
            served = takeWanted(before);
        }
        served.forEach(Runnable::run);
    }

    private List<Runnable> takeWanted(long before) {
        Map<Long, Set<Runnable>> head = wanted.headMap(before, false);
        List<Runnable> those = new ArrayList<>();
        head.values().forEach(those::addAll);
        head.clear();
        return those;
    }

    synchronized void forget(Runnable wake) {
        wanted.values().removeIf(those -> those.remove(wake) && those.isEmpty());
    }

    synchronized long bytes() {
        return pages.stream().mapToLong(page -> page.records().bytes()).sum();
    }

    /** Lets the oldest page go; whether there was one. */
    synchronized boolean dropOldest() {
        return pages.pollLast() != null;
    }

    synchronized int waiting() {
        return wanted.values().stream().mapToInt(Set::size).sum();
    }
}
