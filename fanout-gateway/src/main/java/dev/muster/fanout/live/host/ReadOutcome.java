package dev.muster.fanout.live.host;

/** How far a read of a ring came. */
public enum ReadOutcome {
    /** Some entries were handed on; there may be more. */
    SOME,
    /** There is nothing now. */
    NONE,
    /** Entries were lost before they could be read. */
    LOST
}
