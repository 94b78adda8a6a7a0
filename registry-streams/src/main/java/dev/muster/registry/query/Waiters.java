package dev.muster.registry.query;

import dev.muster.registry.view.ViewSignals;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Requests that wait until views show a version: each is an entry in a map and takes no thread. Thread-safe; callbacks
 * run on the thread that brings the last missing view, outside the lock.
 */
public final class Waiters implements ViewSignals {
    private final int max;
    private final Map<String, List<Waiter>> waiting = new HashMap<>();
    private int count;

    /** @param max waiters at once */
    public Waiters(int max) {
        this.max = max;
    }

    /** One who waits. */
    final class Waiter {
        private final String nodeId;
        private final long version;
        private final Set<String> missing;
        private final Runnable done;
        private boolean over;

        private Waiter(String nodeId, long version, Set<String> missing, Runnable done) {
            this.nodeId = nodeId;
            this.version = version;
            this.missing = missing;
            this.done = done;
        }

        /** Waits no longer; harmless where it is over. */
        void cancel() {
            synchronized (Waiters.this) {
                remove(this);
            }
        }

        /** Whether everything was shown, or it waits no longer. */
        boolean isOver() {
            synchronized (Waiters.this) {
                return over;
            }
        }

        /** The same as a signal, for views that were shown before the wait began. */
        void shown(String audience, long shownVersion) {
            if (arrived(this, audience, shownVersion)) {
                done.run();
            }
        }
    }

    /** Waits for every audience; empty if too many wait already. Look at the store after this, not before. */
    Optional<Waiter> await(String nodeId, Collection<String> audiences, long version, Runnable done) {
        Waiter waiter = new Waiter(nodeId, version, new HashSet<>(audiences), done);
        synchronized (this) {
            if (count >= max) {
                return Optional.empty();
            }
            count++;
            for (String audience : waiter.missing) {
                waiting.computeIfAbsent(key(audience, nodeId), key -> new ArrayList<>(1))
                        .add(waiter);
            }
        }
        return Optional.of(waiter);
    }

    @Override
    public void shown(String audience, String nodeId, long version) {
        List<Waiter> there;
        synchronized (this) {
            List<Waiter> found = waiting.get(key(audience, nodeId));
            if (found == null) {
                return;
            }
            there = List.copyOf(found);
        }
        there.forEach(waiter -> waiter.shown(audience, version));
    }

    synchronized int count() {
        return count;
    }

    private synchronized boolean arrived(Waiter waiter, String audience, long shownVersion) {
        if (waiter.over || shownVersion < waiter.version || !waiter.missing.remove(audience)) {
            return false;
        }
        drop(waiter, audience);
        if (waiter.missing.isEmpty()) {
            remove(waiter);
            return true;
        }
        return false;
    }

    private void remove(Waiter waiter) {
        if (!waiter.over) {
            waiter.over = true;
            count--;
            waiter.missing.forEach(audience -> drop(waiter, audience));
        }
    }

    private void drop(Waiter waiter, String audience) {
        waiting.computeIfPresent(key(audience, waiter.nodeId), (key, waiters) -> {
            waiters.remove(waiter);
            return waiters.isEmpty() ? null : waiters;
        });
    }

    private static String key(String audience, String nodeId) {
        return audience + '\0' + nodeId;
    }
}
