package dev.muster.registry.terminal.output;

/**
 * What to do with one step of a terminal's stream.
 *
 * @param skip bytes at the front of the data that were taken before
 * @param reason why a step is absurd; empty for the other kinds
 */
public record Verdict(Kind kind, int skip, String reason) {

    /** Kinds of verdicts. */
    public enum Kind {
        /** It follows the position, as a whole or with what is behind {@code skip}. */
        TAKE,
        /** All of it was taken before. */
        REPEAT,
        /** Something before it is missing. */
        BEYOND,
        /** No agent that keeps to the protocol sends it. */
        ABSURD
    }

    static final Verdict REPEAT = new Verdict(Kind.REPEAT, 0, "");
    static final Verdict BEYOND = new Verdict(Kind.BEYOND, 0, "");

    static Verdict take(int skip) {
        return new Verdict(Kind.TAKE, skip, "");
    }

    static Verdict absurd(String reason) {
        return new Verdict(Kind.ABSURD, 0, reason);
    }
}
