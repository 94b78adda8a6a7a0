package dev.muster.fanout.auth;

/**
 * A verified user and the means of proof. Proof that a browser sends by itself (a cookie) needs an Origin check before
 * a change.
 */
public record Identity(User user, Means means) {
    /** How the proof came. */
    public enum Means {
        BEARER,
        COOKIE,
        TICKET
    }
}
