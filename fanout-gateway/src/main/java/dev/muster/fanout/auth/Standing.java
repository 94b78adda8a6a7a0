package dev.muster.fanout.auth;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether a user's proof is still valid: it has not ended, and it was not revoked. Checked when a request arrives, and
 * about every second for everything that is open: sockets, event streams and downloads. Until all earlier revocations
 * have been read, no user is recognized. Thread-safe.
 */
public final class Standing {
    private final Clock clock;
    private final int revocationsMax;
    private final Map<String, Revocation> revocations = new ConcurrentHashMap<>();
    private volatile boolean known;

    /** @param revocationsMax in force at once; more are refused */
    public Standing(Clock clock, int revocationsMax) {
        this.clock = clock;
        this.revocationsMax = revocationsMax;
    }

    /** All revocations of before have been added. */
    public void setKnown() {
        known = true;
    }

    public boolean isKnown() {
        return known;
    }

    /** A revocation from the log is accepted however many there are. */
    public void add(Revocation revocation) {
        if (revocation.until().isAfter(clock.instant())) {
            revocations.merge(
                    revocation.key(), revocation, (old, other) -> other.at().isBefore(old.at()) ? old : other);
        }
    }

    /**
     * An admin's revocation of a whole user always has room, and so has a repeat. The last eighth is for admins, and a
     * user who is no admin has at most a sixteenth: so no user can keep an admin from revoking.
     *
     * @throws MusterException {@code rate-limited} if the limit is reached
     */
    public void requireRoom(Revocation wanted, boolean admin) {
        if (revocations.containsKey(wanted.key()) || (admin && wanted.kind() == Revocation.Kind.USER)) {
            return;
        }
        int max = admin ? revocationsMax : revocationsMax - revocationsMax / 8;
        if (revocations.size() >= max || !admin) {
            revocations.values().removeIf(old -> !old.until().isAfter(clock.instant()));
        }
        if (revocations.size() >= max) {
            throw new MusterException(
                    ErrorCode.RATE_LIMITED,
                    "There are " + max + " revocations already; "
                            + (admin ? "revoke all tokens of a user instead of single ones." : "ask an admin."));
        }
        if (!admin) {
            int ownMax = Math.max(1, revocationsMax / 16);
            long own = revocations.values().stream()
                    .filter(old -> old.by().equals(wanted.by()))
                    .count();
            if (own >= ownMax) {
                throw new MusterException(
                        ErrorCode.RATE_LIMITED, "You have revoked " + own + " tokens or sessions; that is the most.");
            }
        }
    }

    /** Those in force, the latest first. */
    public List<Revocation> list() {
        List<Revocation> all = new ArrayList<>(revocations.values());
        all.removeIf(old -> !old.until().isAfter(clock.instant()));
        all.sort(Comparator.comparing(Revocation::at).reversed());
        return all;
    }

    /** Why the user can no longer be served; nothing while all is well. */
    public Optional<String> ended(User user) {
        if (!clock.instant().isBefore(user.expiresAt())) {
            return Optional.of("the token has expired");
        }
        return isRevoked(user) ? Optional.of("the token was revoked") : Optional.empty();
    }

    /** @throws MusterException {@code unauthenticated}; {@code unavailable} while the revocations are not known */
    public User require(User user) {
        requireKnown();
        if (isRevoked(user)) {
            throw new MusterException(ErrorCode.UNAUTHENTICATED, "The token was revoked; make a new one.");
        }
        return user;
    }

    /** @throws MusterException {@code unavailable} while the revocations are not known */
    void requireKnown() {
        if (!known) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "The gateway has not read yet which tokens are revoked.");
        }
    }

    private boolean isRevoked(User user) {
        if (revocations.isEmpty()) {
            return false;
        }
        Proof proof = user.proof();
        @Nullable Revocation ofUser = revocations.get("user:" + user.name());
        return isRevoked(proof.id())
                || isRevoked(proof.parent())
                || (ofUser != null && !proof.issuedAt().isAfter(ofUser.at()));
    }

    private boolean isRevoked(String id) {
        return !id.isEmpty() && revocations.containsKey("token:" + id);
    }

    int size() {
        return revocations.size();
    }
}
