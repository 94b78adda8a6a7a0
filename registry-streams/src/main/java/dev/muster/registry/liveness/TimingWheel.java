package dev.muster.registry.liveness;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keys with deadlines in a hashed wheel of slots, as by Varghese and Lauck. Adding takes O(1); advancing takes time for
 * the entries of the passed slots. A deadline fires within one slot after it. There is no removal, so the receiver
 * checks whether the deadline still holds. Not thread-safe.
 */
public final class TimingWheel<K> {
    private static final int SLOTS = 1_024;

    private final long slotMillis;
    private final List<List<Entry<K>>> slots = new ArrayList<>(SLOTS);
    private long position = Long.MIN_VALUE;

    private record Entry<K>(long deadlineSlot, K key) {}

    public TimingWheel(long slotMillis) {
        this.slotMillis = slotMillis;
        for (int i = 0; i < SLOTS; i++) {
            slots.add(new ArrayList<>(0));
        }
    }

    /** A deadline in the past fires at the next move. */
    public void add(long deadlineMillis, K key) {
        long slot = Math.max(slotAfter(deadlineMillis), position == Long.MIN_VALUE ? Long.MIN_VALUE : position + 1);
        slots.get(index(slot)).add(new Entry<>(slot, key));
    }

    /** Reports every key whose deadline has passed. Keys may be added meanwhile. */
    public void advance(long nowMillis, Consumer<K> due) {
        long now = Math.floorDiv(nowMillis, slotMillis);
        if (position != Long.MIN_VALUE && now <= position) {
            return;
        }
        long first = position == Long.MIN_VALUE ? now - SLOTS + 1 : Math.max(position + 1, now - SLOTS + 1);
        position = now;
        for (long slot = first; slot <= now; slot++) {
            fire(index(slot), now, due);
        }
    }

    private void fire(int index, long now, Consumer<K> due) {
        List<Entry<K>> entries = slots.get(index);
        if (entries.isEmpty()) {
            return;
        }
        List<Entry<K>> later = new ArrayList<>(0);
        slots.set(index, later);
        for (Entry<K> entry : entries) {
            if (entry.deadlineSlot <= now) {
                due.accept(entry.key);
            } else {
                later.add(entry);
            }
        }
    }

    private long slotAfter(long deadlineMillis) {
        return Math.floorDiv(deadlineMillis, slotMillis) + 1;
    }

    private static int index(long slot) {
        return (int) Math.floorMod(slot, (long) SLOTS);
    }
}
