package dev.muster.fanout.log.ring;

import org.jspecify.annotations.Nullable;

/** Entries in the order of their offsets, taken away at the front, found by offset. Not thread-safe. */
final class EntryLog {
    private @Nullable Entry[] slots = new @Nullable Entry[4];
    private int head;
    private int size;

    int size() {
        return size;
    }

    Entry get(int index) {
        @Nullable Entry entry = slots[(head + index) & (slots.length - 1)];
        if (entry == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return entry;
    }

    void addLast(Entry entry) {
        if (size == slots.length) {
            @Nullable Entry[] larger = new @Nullable Entry[size * 2];
            for (int i = 0; i < size; i++) {
                larger[i] = get(i);
            }
            slots = larger;
            head = 0;
        }
        slots[(head + size++) & (slots.length - 1)] = entry;
    }

    Entry removeFirst() {
        Entry first = get(0);
        slots[head] = null;
        head = (head + 1) & (slots.length - 1);
        size--;
        return first;
    }

    /** Index of the first entry at or after an offset; {@link #size()} if there is none. */
    int indexOf(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (get(middle).offset() < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
