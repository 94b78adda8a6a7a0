package dev.muster.registry.query;

import dev.muster.registry.view.ViewEntry;
import dev.muster.registry.view.ViewStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.jspecify.annotations.Nullable;

/**
 * Entries of several audiences by node id, each node once: the newest entry, which is the same in all audiences that
 * see the node.
 */
final class MergedViews implements AutoCloseable {
    private final List<Cursor> cursors = new ArrayList<>();
    private final PriorityQueue<Cursor> queue =
            new PriorityQueue<>(Comparator.comparing((Cursor cursor) -> cursor.nodeId));

    /** One audience's range, positioned on an entry. */
    private static final class Cursor {
        final KeyValueIterator<String, byte[]> entries;
        String nodeId = "";

        @Nullable
        ViewEntry entry;

        Cursor(KeyValueIterator<String, byte[]> entries) {
            this.entries = entries;
        }

        boolean advance() {
            while (entries.hasNext()) {
                KeyValue<String, byte[]> next = entries.next();
                ViewEntry candidate = ViewEntry.from(next.value);
                if (!candidate.isRemoved()) {
                    nodeId = ViewStore.nodeOf(next.key);
                    entry = candidate;
                    return true;
                }
            }
            return false;
        }
    }

    /** A node that somebody of the audiences sees. */
    record Seen(String nodeId, ViewEntry entry) {}

    /** Takes over the iterator, also where this throws. */
    void add(KeyValueIterator<String, byte[]> entries) {
        Cursor cursor = new Cursor(entries);
        cursors.add(cursor);
        if (cursor.advance()) {
            queue.add(cursor);
        }
    }

    /** The next node, or null at the end. */
    @Nullable
    Seen next() {
        Cursor first = queue.peek();
        if (first == null) {
            return null;
        }
        String nodeId = first.nodeId;
        ViewEntry newest = null;
        for (Cursor cursor = first; cursor != null && cursor.nodeId.equals(nodeId); cursor = queue.peek()) {
            queue.poll();
            ViewEntry entry = cursor.entry;
            if (entry != null && (newest == null || entry.version() > newest.version())) {
                newest = entry;
            }
            if (cursor.advance()) {
                queue.add(cursor);
            }
        }
        return newest == null ? null : new Seen(nodeId, newest);
    }

    @Override
    public void close() {
        cursors.forEach(cursor -> cursor.entries.close());
    }
}
