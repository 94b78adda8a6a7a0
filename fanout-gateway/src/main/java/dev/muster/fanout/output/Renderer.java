package dev.muster.fanout.output;

/** Makes a body out of a terminal's steps. Not thread-safe. */
interface Renderer extends Steps {
    /** Bytes made since the last {@link #take}. */
    int size();

    /** What was made since the last time; the caller owns it. */
    BlockBuffer take();

    /** Writes the part after the last step. */
    default void end() {}
}
