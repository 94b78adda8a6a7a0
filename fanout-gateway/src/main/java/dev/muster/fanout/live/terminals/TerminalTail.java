package dev.muster.fanout.live.terminals;

import dev.muster.fanout.live.host.ReadOutcome;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import java.util.ArrayList;
import java.util.List;

/** A cursor over the output of one terminal as one user gets it in one mode. Confined to the session's context. */
final class TerminalTail implements AutoCloseable {
    private static final int ENTRIES_MAX = 16;

    private final PartitionRing ring;
    private final List<String> keys;
    private final Runnable waker;
    private long cursor;
    private int epoch;

    TerminalTail(PartitionRing ring, String key, Runnable waker) {
        this.ring = ring;
        this.keys = List.of(key);
        this.waker = new Runnable() {
            // its own object: another tail of the session on the same terminal is still woken when this one is closed
            @Override
            public void run() {
                waker.run();
            }
        };
        toEnd();
        ring.wakeOn(keys, this.waker);
    }

    /** Moves behind everything that is here now. */
    void toEnd() {
        PartitionRing.Bounds bounds = ring.bounds();
        cursor = bounds.end();
        epoch = bounds.epoch();
    }

    /** Takes an entry, or leaves it for the next time. */
    interface Taker {
        boolean take(Entry entry);
    }

    /** Hands on some entries. */
    ReadOutcome read(int bytesMax, Taker taker) {
        List<Entry> entries = new ArrayList<>();
        long next = ring.read(keys, cursor, epoch, ENTRIES_MAX, bytesMax, entries);
        if (next < 0) {
            return ReadOutcome.LOST;
        }
        for (Entry entry : entries) {
            if (!taker.take(entry)) {
                cursor = entry.offset();
                return ReadOutcome.SOME;
            }
            cursor = entry.offset() + 1;
        }
        cursor = next;
        return entries.isEmpty() ? ReadOutcome.NONE : ReadOutcome.SOME;
    }

    Lag lag() {
        return ring.lag(keys, cursor);
    }

    @Override
    public void close() {
        ring.stopWaking(keys, waker);
    }
}
