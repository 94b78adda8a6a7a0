package dev.muster.fanout.auth;

import java.time.Instant;

/**
 * What a user was recognised by, so that it can be revoked.
 *
 * @param id of the token, or of the browser's session; empty: it has none, and can be revoked with all others of its user only
 * @param parent id of the token that the session was begun with; empty: none
 * @param issuedAt when it was made
 */
public record Proof(String id, String parent, Instant issuedAt) {
    /** Of a user who was recognised by nothing that has a name. */
    static final Proof NONE = new Proof("", "", Instant.EPOCH);
}
