package dev.muster.fanout.auth;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tickets for the live feed: each lets one connection in, on the gateway that made it. A browser's EventSource repeats
 * the address of its stream, including the ticket, whenever the connection breaks. So a ticket also contains its user,
 * sealed. It lets that user in again, on any gateway, together with the position that the stream had reached.
 * Thread-safe.
 */
public final class Tickets {
    private final SealedUsers seal;
    private final OneTimeSecrets unused;
    private final Duration again;
    private final Clock clock;

    /**
     * @param unused keeps the tickets that were not used yet
     * @param again how long a used ticket lets its user in again
     */
    public Tickets(UserKey key, OneTimeSecrets unused, Duration again, Clock clock) {
        this.seal = new SealedUsers(key, "stream tickets");
        this.unused = unused;
        this.again = again;
        this.clock = clock;
    }

    /** @throws dev.muster.contract.errors.MusterException {@code rate-limited} when too many are outstanding */
    public OneTimeSecrets.Issued issue(User user) {
        Instant end = clock.instant().plus(again);
        User until = user.until(end.isBefore(user.expiresAt()) ? end : user.expiresAt(), user.proof());
        Optional<String> sealed = seal.seal(until);
        return sealed.isPresent() ? unused.issue(user, sealed.get()) : unused.issue(user);
    }

    Optional<User> redeem(String ticket) {
        return unused.redeem(ticket);
    }

    Optional<User> find(String ticket) {
        return unused.find(ticket);
    }

    /** Whose ticket it was, used or not, and however long ago: the user's end is that of the ticket's. */
    public Optional<User> owner(String ticket) {
        return seal.open(ticket);
    }
}
