package dev.muster.fanout.transport.entry;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How many sessions there are: in all, per user, per address. Thread-safe. */
public final class Admission {
    private final int sessionsMax;
    private final int perUserMax;
    private final int perAddressMax;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<String, Integer> perUser = new ConcurrentHashMap<>();
    private final Map<String, Integer> perAddress = new ConcurrentHashMap<>();

    public Admission(int sessionsMax, int perUserMax, int perAddressMax) {
        this.sessionsMax = sessionsMax;
        this.perUserMax = perUserMax;
        this.perAddressMax = perAddressMax;
    }

    /**
     * Refuses early, before an upgrade, while an ordinary answer is possible.
     *
     * @throws MusterException {@code unavailable} or {@code rate-limited}
     */
    public void check(String address) {
        if (all.get() >= sessionsMax) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "The gateway has as many sessions as it may.");
        }
        if (perAddress.getOrDefault(address, 0) >= perAddressMax) {
            throw new MusterException(
                    ErrorCode.RATE_LIMITED, "There are " + perAddressMax + " sessions from this address already.");
        }
    }

    /**
     * For clients that would open their stream again and again: an ordinary refusal ends that, while a stream that
     * closes at once would not.
     */
    public void checkUser(String user) {
        if (perUser.getOrDefault(user, 0) >= perUserMax) {
            throw new MusterException(
                    ErrorCode.RATE_LIMITED, "You have " + perUserMax + " sessions already: close one.");
        }
    }

    /** Whether there is room for one more session; it is counted then, until {@link #leave}. */
    public boolean enter(String user, String address) {
        boolean room = perUser.merge(user, 1, Integer::sum) <= perUserMax;
        room &= perAddress.merge(address, 1, Integer::sum) <= perAddressMax;
        all.incrementAndGet();
        if (!room) {
            leave(user, address);
        }
        return room;
    }

    public void leave(String user, String address) {
        all.decrementAndGet();
        perUser.computeIfPresent(user, (name, count) -> count > 1 ? count - 1 : null);
        perAddress.computeIfPresent(address, (name, count) -> count > 1 ? count - 1 : null);
    }

    int sessions() {
        return all.get();
    }
}
