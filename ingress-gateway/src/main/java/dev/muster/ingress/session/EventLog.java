package dev.muster.ingress.session;

import dev.muster.proto.records.v1.NodeEventRecord;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Events of one session on their way to the broker, in order. After a failure every event from the failed one on is
 * sent again: readers recognize a repeat by session and number. Confined to the session's context.
 */
public final class EventLog {
    private final long bytesMax;
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>(2);
    private final ArrayDeque<Entry> underWay = new ArrayDeque<>(2);
    private int attempt;
    private long bytes;
    private long storedTaskEvent;

    public EventLog(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    private static final class Entry {
        private final byte[] value;
        private final long taskEvent;
        private boolean stored;

        private Entry(byte[] value, long taskEvent) {
            this.value = value;
            this.taskEvent = taskEvent;
        }
    }

    /** One sending of an event; tells late answers of an earlier one apart. */
    public static final class Sending {
        private final Entry entry;
        private final int attempt;

        private Sending(Entry entry, int attempt) {
            this.entry = entry;
            this.attempt = attempt;
        }

        /** A serialised {@code NodeEventRecord}. */
        public byte[] value() {
            return entry.value;
        }
    }

    /** False when the log is full. The last event of a session always fits. */
    public boolean append(NodeEventRecord event) {
        byte[] value = event.toByteArray();
        if (!event.hasDisconnected() && bytes + value.length > bytesMax) {
            return false;
        }
        bytes += value.length;
        waiting.add(new Entry(value, event.hasTaskEvent() ? event.getTaskEvent().getNumber() : 0));
        return true;
    }

    /**
     * The next event to send, or null. Must be answered with {@link #stored}, {@link #failed} or, at once,
     * {@link #refused}.
     */
    public @Nullable Sending next() {
        Entry entry = waiting.poll();
        if (entry == null) {
            return null;
        }
        underWay.add(entry);
        return new Sending(entry, attempt);
    }

    /** What {@link #next} gave last was not sent. */
    public void refused() {
        waiting.addFirst(underWay.removeLast());
    }

    public void stored(Sending sending) {
        if (sending.attempt != attempt) {
            return;
        }
        sending.entry.stored = true;
        for (Entry first = underWay.peek(); first != null && first.stored; first = underWay.peek()) {
            underWay.remove();
            bytes -= first.value.length;
            storedTaskEvent = Math.max(storedTaskEvent, first.taskEvent);
        }
    }

    /** True when this is news: everything that the broker does not hold without a hole is to be sent again. */
    public boolean failed(Sending sending) {
        if (sending.attempt != attempt) {
            return false;
        }
        attempt++;
        while (!underWay.isEmpty()) {
            Entry entry = underWay.removeLast();
            entry.stored = false;
            waiting.addFirst(entry);
        }
        return true;
    }

    /** The broker holds every task event of this session up to this number; 0 before the first. */
    public long storedTaskEvent() {
        return storedTaskEvent;
    }

    public boolean isEmpty() {
        return waiting.isEmpty() && underWay.isEmpty();
    }

    /** Events that the broker does not hold. */
    public int size() {
        return waiting.size() + underWay.size();
    }
}
