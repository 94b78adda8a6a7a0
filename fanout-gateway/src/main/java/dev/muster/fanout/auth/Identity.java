package dev.muster.fanout.auth;

/** A verified user and how the proof came; what a browser sends by itself (a cookie) needs an Origin check where it changes something. */
public record Identity(User user, Means means) {
    /** How the proof came. */
    public enum Means {
        BEARER,
        COOKIE,
        TICKET
    }
}
