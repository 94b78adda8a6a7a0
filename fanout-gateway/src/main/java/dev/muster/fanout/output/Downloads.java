package dev.muster.fanout.output;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits the number of downloads at once: in total, and for one user, so that no user holds all of them. An eighth is
 * only for admins. A follower that waits for its task to print is counted separately: it holds no memory, and takes one
 * of the downloads only while it has data to send. Thread-safe; guarded by its own lock.
 */
public final class Downloads {
    /** One in so many is for admins. */
    private static final int ADMINS_SHARE = 8;

    /**
     * @param max downloads that send, in total
     * @param perUserMax of one user who is no admin
     * @param followersMax followers, in total
     * @param followersPerUserMax of one user who is no admin
     */
    public record Limits(int max, int perUserMax, int followersMax, int followersPerUserMax) {}

    /** How many of one kind there are. */
    private static final class Count {
        private final int max;
        private final int perUserMax;
        private final Map<String, Integer> users = new HashMap<>();
        private int all;

        Count(int max, int perUserMax) {
            this.max = max;
            this.perUserMax = perUserMax;
        }

        boolean enter(User user) {
            boolean room = user.admin()
                    ? all < max
                    : all < max - max / ADMINS_SHARE && users.getOrDefault(user.name(), 0) < perUserMax;
            if (room) {
                all++;
                users.merge(user.name(), 1, Integer::sum);
            }
            return room;
        }

        void leave(User user) {
            all--;
            users.computeIfPresent(user.name(), (name, count) -> count > 1 ? count - 1 : null);
        }
    }

    private final Count sending;
    private final Count following;

    public Downloads(Limits limits) {
        sending = new Count(limits.max(), limits.perUserMax());
        following = new Count(limits.followersMax(), limits.followersPerUserMax());
    }

    /**
     * A download that sends until it is closed.
     *
     * @throws MusterException {@code rate-limited}
     */
    public Permit take(User user) {
        Permit permit = new Permit(user, false);
        if (!permit.work()) {
            throw tooMany("downloads of output");
        }
        return permit;
    }

    /**
     * A follower, which sends nothing yet.
     *
     * @throws MusterException {@code rate-limited}
     */
    public Permit follow(User user) {
        synchronized (this) {
            if (!following.enter(user)) {
                throw tooMany("followed outputs");
            }
        }
        return new Permit(user, true);
    }

    /** Downloads that send now. */
    public synchronized int sending() {
        return sending.all;
    }

    /** Followers now. */
    public synchronized int following() {
        return following.all;
    }

    /** The refusal. */
    public static MusterException tooMany(String what) {
        return new MusterException(ErrorCode.RATE_LIMITED, "Too many " + what + " at once, of you or of all.");
    }

    /** One of them, until it is closed. */
    public final class Permit implements AutoCloseable {
        private final User user;
        private final boolean follower;
        private boolean works;
        private boolean closed;

        private Permit(User user, boolean follower) {
            this.user = user;
            this.follower = follower;
        }

        /** Whether it may send now; it is one of the downloads then. */
        public boolean work() {
            synchronized (Downloads.this) {
                works = works || (!closed && sending.enter(user));
                return works;
            }
        }

        /** Nothing is to be sent: another may. */
        public void rest() {
            synchronized (Downloads.this) {
                if (works) {
                    works = false;
                    sending.leave(user);
                }
            }
        }

        /** Again is as good as once. */
        @Override
        public void close() {
            synchronized (Downloads.this) {
                rest();
                if (!closed && follower) {
                    following.leave(user);
                }
                closed = true;
            }
        }
    }
}
