package dev.muster.fanout.auth;

import java.time.Instant;

/**
 * The proof by which a user was recognized, so that it can be revoked.
 *
 * @param id of the token, or of the browser's session; empty: it has none, and can only be revoked together with all
 *     others of its user
 * @param parent id of the token that the session was begun with; empty: none
 * @param issuedAt when it was made
 */
public record Proof(String id, String parent, Instant issuedAt) {
    /** Of a user who was recognised by nothing that has a name. */
    static final Proof NONE = new Proof("", "", Instant.EPOCH);
}
