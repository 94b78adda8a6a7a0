package dev.muster.fanout.auth;

import dev.muster.proto.records.v1.RevocationRecord;
import java.time.Duration;
import java.time.Instant;

/**
 * The end of a token or session, or of all tokens and sessions of one user.
 *
 * @param kind what it ends
 * @param subject the id of the token or session, or the user's name
 * @param at when it was requested; for a user, everything made before is ended
 * @param until when everything that it ends has expired, so that it can be forgotten
 * @param by the user who requested it
 */
public record Revocation(Kind kind, String subject, Instant at, Instant until, String by) {
    private static final Duration CLOCK_AHEAD_MAX = Duration.ofDays(1);

    /** What a revocation ends. */
    public enum Kind {
        /** A token, the sessions begun with it, or one session. */
        TOKEN,
        /** All tokens and sessions of a user that were made before. */
        USER
    }

    /** Names it in the log: a later one of the same kind and subject replaces it. */
    public String key() {
        return (kind == Kind.TOKEN ? "token:" : "user:") + subject;
    }

    public RevocationRecord record() {
        RevocationRecord.Builder record = RevocationRecord.newBuilder()
                .setRevokedAtMillis(at.toEpochMilli())
                .setUntilMillis(until.toEpochMilli())
                .setRevokedBy(by);
        return (kind == Kind.TOKEN ? record.setTokenId(subject) : record.setUser(subject)).build();
    }

    /**
     * A revocation from the log. A time that no gateway's clock can have shown would shut its user out for ever, so the
     * time at which the broker took the record replaces it.
     */
    public static Revocation of(RevocationRecord record, Instant taken) {
        boolean user = !record.getUser().isEmpty();
        Instant at = Instant.ofEpochMilli(record.getRevokedAtMillis());
        return new Revocation(
                user ? Kind.USER : Kind.TOKEN,
                user ? record.getUser() : record.getTokenId(),
                at.isAfter(taken.plus(CLOCK_AHEAD_MAX)) ? taken : at,
                Instant.ofEpochMilli(record.getUntilMillis()),
                record.getRevokedBy());
    }
}
