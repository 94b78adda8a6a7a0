package dev.muster.e2e.simulation;

import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * Time that passes only from one event to the next. Events at the same moment run in the order in which they were
 * requested.
 */
final class VirtualTime {
    /** Wall clock at the beginning. */
    static final long START_MILLIS = 1_700_000_000_000L;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNanos;
    private long asked;

    /** Something to come. */
    static final class Event implements Comparable<Event> {
        private final long atNanos;
        private final long number;
        private final Runnable action;
        private boolean cancelled;

        private Event(long atNanos, long number, Runnable action) {
            this.atNanos = atNanos;
            this.number = number;
            this.action = action;
        }

        long atNanos() {
            return atNanos;
        }

        void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    /** A clock that only goes forward. */
    long nanos() {
        return nowNanos;
    }

    /** Since the beginning. */
    long millis() {
        return TimeUnit.NANOSECONDS.toMillis(nowNanos);
    }

    /** The wall clock of a part whose clock is right. */
    long wallMillis() {
        return START_MILLIS + millis();
    }

    Event afterNanos(long nanos, Runnable action) {
        Event event = new Event(nowNanos + Math.max(0, nanos), asked++, action);
        events.add(event);
        return event;
    }

    Event after(long millis, Runnable action) {
        return afterNanos(TimeUnit.MILLISECONDS.toNanos(millis), action);
    }

    /** Runs the next event; false when there is none until then. */
    boolean step(long untilMillis) {
        long until = TimeUnit.MILLISECONDS.toNanos(untilMillis);
        while (!events.isEmpty() && events.peek().atNanos <= until) {
            Event next = events.remove();
            if (!next.cancelled) {
                nowNanos = next.atNanos;
                next.action.run();
                return true;
            }
        }
        nowNanos = Math.max(nowNanos, until);
        return false;
    }
}
