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
    private record Entry(User user, @Nullable Instant until) {}

    private final Clock clock;
    private final @Nullable Duration life;
    private final int countMax;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** @param life how long each is valid; null: until it is used */
    public OneTimeSecrets(Clock clock, @Nullable Duration life, int countMax) {
        this.clock = clock;
        this.life = life;
        this.countMax = countMax;
    }

    /** @param until when it ends if unused; null: never */
    public record Issued(String secret, @Nullable Instant until) {}

    /** @throws MusterException {@code rate-limited} when too many are outstanding */
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

    // the oldest come first and all live equally long
    private void dropExpired(Instant now) {
        if (life != null) {
            entries.values()
                    .removeIf(entry -> entry.until() != null && !entry.until().isAfter(now));
        }
    }
}
