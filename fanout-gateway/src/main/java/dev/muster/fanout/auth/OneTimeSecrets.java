package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Secrets that stand for a user and can be used once: sign-in codes and stream tickets. In memory, so they end with the
 * process. Bounded: when full, making another is refused. Thread-safe; guarded by its own lock.
 */
public final class OneTimeSecrets {
    /** A user has this share of all, but at least so many. */
    private static final int SHARES = 64;

    private static final int PER_USER_MIN = 16;

    private record Entry(User user, @Nullable Instant until) {}

    private final Clock clock;
    private final @Nullable Duration life;
    private final int countMax;
    private final int perUserMax;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** @param life how long each is valid; null: until it is used */
    public OneTimeSecrets(Clock clock, @Nullable Duration life, int countMax) {
        this.clock = clock;
        this.life = life;
        this.countMax = countMax;
        this.perUserMax = Math.max(PER_USER_MIN, countMax / SHARES);
    }

    /** @param until when it ends if unused; null: never */
    public record Issued(String secret, @Nullable Instant until) {}

    /**
     * Of a user who has too many, the oldest one ends.
     *
     * @throws MusterException {@code rate-limited} when too many of all users are outstanding
     */
    public Issued issue(User user) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return issue(user, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** @param secret unguessable */
    Issued issue(User user, String secret) {
        Instant now = clock.instant();
        @Nullable Instant until = life == null ? null : now.plus(life);
        synchronized (entries) {
            dropExpired(now);
            dropOldestBeyondShare(user.name());
            if (entries.size() >= countMax) {
                throw new MusterException(ErrorCode.RATE_LIMITED, "Too many unused tickets or codes are outstanding.");
            }
            entries.put(secret, new Entry(user, until));
        }
        return new Issued(secret, until);
    }

    /** The user, once. */
    public Optional<User> redeem(String secret) {
        @Nullable Entry entry;
        synchronized (entries) {
            entry = entries.remove(secret);
        }
        return valid(entry);
    }

    /** The user, as often as it is asked: the secret is not used. */
    public Optional<User> find(String secret) {
        @Nullable Entry entry;
        synchronized (entries) {
            entry = entries.get(secret);
        }
        return valid(entry);
    }

    private Optional<User> valid(@Nullable Entry entry) {
        if (entry == null || (entry.until() != null && !entry.until().isAfter(clock.instant()))) {
            return Optional.empty();
        }
        return Optional.of(entry.user());
    }

    private void dropOldestBeyondShare(String user) {
        @Nullable String oldest = null;
        int own = 0;
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            if (entry.getValue().user().name().equals(user)) {
                oldest = oldest == null ? entry.getKey() : oldest;
                own++;
            }
        }
        if (own >= perUserMax && oldest != null) {
            entries.remove(oldest);
        }
    }

    // the oldest come first and all live equally long
    private void dropExpired(Instant now) {
        if (life != null) {
            entries.values()
                    .removeIf(entry -> entry.until() != null && !entry.until().isAfter(now));
        }
    }
}
