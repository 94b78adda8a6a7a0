package dev.muster.fanout.command;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits the changes that go to the registry at once to what it can answer in time. The others wait, and the users take
 * turns, so one user's many changes delay another user's change by one turn. A change whose turn would not come in time
 * is refused before anything is done. Waiting changes are bounded in number and in bytes, and one user has at most a
 * quarter of both. Thread-safe; guarded by the lock on the lines.
 */
final class Turns {
    private static final int SHARES = 4;

    private final int countMax;
    private final long bytesMax;
    private final Pace pace;
    private final LongSupplier nanoTime;
    private final Executor executor;
    /** By user; the user with the next turn comes first. */
    private final LinkedHashMap<String, Line> lines = new LinkedHashMap<>();

    private int waiting;
    private long waitingBytes;
    private int taken;

    /**
     * @param countMax changes that may wait
     * @param bytesMax of their records together
     * @param executor on which a turn begins
     */
    Turns(int countMax, long bytesMax, Pace pace, LongSupplier nanoTime, Executor executor) {
        this.countMax = countMax;
        this.bytesMax = bytesMax;
        this.pace = pace;
        this.nanoTime = nanoTime;
        this.executor = executor;
    }

    /** A place at the registry. */
    final class Place {
        private final long takenAtNanos = nanoTime.getAsLong();
        private final boolean wasLast = taken >= pace.places();
        private boolean given;

        /** Once the reply is there, or is no longer waited for; further calls do nothing. */
        void giveBack() {
            giveBack(true);
        }

        /** Nothing was asked under it, so it says nothing of the registry's pace. */
        private void giveBackUnused() {
            giveBack(false);
        }

        private void giveBack(boolean used) {
            List<Waiter> next = new ArrayList<>();
            synchronized (lines) {
                if (given) {
                    return;
                }
                given = true;
                taken--;
                if (used) {
                    pace.replied(nanoTime.getAsLong() - takenAtNanos, wasLast);
                }
                while (waiting > 0 && taken < pace.places()) {
                    next.add(removeNext());
                    taken++;
                }
            }
            next.forEach(waiter -> executor.execute(() -> begin(waiter)));
        }
    }

    private record Waiter(CompletableFuture<Place> turn, long bytes) {}

    private static final class Line {
        private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
        private long bytes;
    }

    /**
     * Completes when the turn has come. Fails with {@code unavailable} if it does not come in time, at once if that can
     * be foreseen.
     *
     * @param bytes of the record
     * @param within how long the turn may take to come
     */
    CompletableFuture<Place> take(String user, long bytes, Duration within) {
        Waiter waiter = new Waiter(new CompletableFuture<>(), bytes);
        synchronized (lines) {
            if (waiting == 0 && taken < pace.places()) {
                taken++;
                return CompletableFuture.completedFuture(new Place());
            }
            @Nullable MusterException refusal = refusal(user, bytes, within);
            if (refusal != null) {
                return CompletableFuture.failedFuture(refusal);
            }
            add(user, waiter);
        }
        // the caller holds a future of its own, so that the waiter is told apart from others until it is removed
        return waiter.turn()
                .orTimeout(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS)
                .handle((place, error) -> {
                    if (error != null) {
                        remove(user, waiter);
                        throw busy(within);
                    }
                    return place;
                });
    }

    /**
     * How long it takes until this many further changes of a user have had their turn. Zero if there is room now: a
     * pace that was measured before the registry had time to recover would refuse the changes that are needed to
     * measure it again.
     */
    Duration expected(String user, int changes) {
        synchronized (lines) {
            return waiting == 0 && taken < pace.places() ? Duration.ZERO : pace.timeFor(ahead(user) + changes);
        }
    }

    /** The failure of a change that would take this long, before it is begun. */
    static MusterException busy(Duration expected) {
        int seconds = (int) Math.max(1, Math.min(60, expected.toSeconds()));
        return new MusterException(
                ErrorCode.UNAVAILABLE,
                "The registry has too many changes to make now. This one was not begun; ask again in " + seconds
                        + " s.",
                seconds);
    }

    int waiting() {
        synchronized (lines) {
            return waiting;
        }
    }

    private @Nullable MusterException refusal(String user, long bytes, Duration within) {
        @Nullable Line line = lines.get(user);
        int count = line == null ? 0 : line.waiters.size();
        long held = line == null ? 0 : line.bytes;
        Duration expected = pace.timeFor(ahead(user) + 1);
        boolean full = waiting >= countMax || waitingBytes + bytes > bytesMax;
        boolean share = count >= Math.max(1, countMax / SHARES) || (count > 0 && held + bytes > bytesMax / SHARES);
        return full || share || expected.compareTo(within) > 0 ? busy(expected) : null;
    }

    // as many of each other user's as of this one's
    private long ahead(String user) {
        @Nullable Line own = lines.get(user);
        long mine = own == null ? 0 : own.waiters.size();
        return lines.values().stream()
                .mapToLong(line -> line == own ? mine : Math.min(line.waiters.size(), mine + 1))
                .sum();
    }

    private void add(String user, Waiter waiter) {
        Line line = lines.computeIfAbsent(user, name -> new Line());
        line.waiters.add(waiter);
        line.bytes += waiter.bytes();
        waiting++;
        waitingBytes += waiter.bytes();
    }

    private Waiter removeNext() {
        Iterator<Map.Entry<String, Line>> all = lines.entrySet().iterator();
        Map.Entry<String, Line> first = all.next();
        all.remove();
        Waiter waiter = first.getValue().waiters.remove();
        forget(first.getValue(), waiter);
        if (!first.getValue().waiters.isEmpty()) {
            lines.put(first.getKey(), first.getValue());
        }
        return waiter;
    }

    private void remove(String user, Waiter waiter) {
        synchronized (lines) {
            @Nullable Line line = lines.get(user);
            if (line != null && line.waiters.remove(waiter)) {
                forget(line, waiter);
                if (line.waiters.isEmpty()) {
                    lines.remove(user);
                }
            }
        }
    }

    private void forget(Line line, Waiter waiter) {
        line.bytes -= waiter.bytes();
        waiting--;
        waitingBytes -= waiter.bytes();
    }

    private void begin(Waiter waiter) {
        Place place;
        synchronized (lines) {
            place = new Place();
        }
        // its time may have run out meanwhile
        if (!waiter.turn().complete(place)) {
            place.giveBackUnused();
        }
    }
}
