package dev.muster.fanout.auth;

import java.time.Instant;
import java.util.List;

/**
 * A person or program, as verified from a token or a session.
 *
 * @param name the token's subject
 * @param admin sees and may do everything
 * @param expiresAt when the token that proved this ends; whatever is open then ends with it
 * @param proof what proved it
 */
public record User(String name, List<String> groups, boolean admin, Instant expiresAt, Proof proof) {
    public User {
        groups = List.copyOf(groups);
    }

    /** One that only its end, or the revocation of all that its user has, can end. */
    public User(String name, List<String> groups, boolean admin, Instant expiresAt) {
        this(name, groups, admin, expiresAt, Proof.NONE);
    }

    User until(Instant end, Proof by) {
        return new User(name, groups, admin, end, by);
    }
}
