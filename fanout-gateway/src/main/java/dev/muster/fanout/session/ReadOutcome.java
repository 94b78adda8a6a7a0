package dev.muster.fanout.session;

/** How far a read of a ring came. */
enum ReadOutcome {
    /** Some entries were handed on; there may be more. */
    SOME,
    /** There is nothing now. */
    NONE,
    /** Entries were lost before they could be read. */
    LOST
}
