package dev.muster.fanout.auth;

import java.time.Instant;
import java.util.List;

/**
 * A person or program, as verified from a token.
 *
 * @param name the token's subject
 * @param admin sees and may do everything
 * @param expiresAt when the token that proved this ends; open views end with it
 */
public record User(String name, List<String> groups, boolean admin, Instant expiresAt) {
    public User {
        groups = List.copyOf(groups);
    }
}
