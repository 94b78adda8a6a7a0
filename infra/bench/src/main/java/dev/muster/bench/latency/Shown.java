package dev.muster.bench.latency;

import com.fasterxml.jackson.databind.JsonNode;

/** A viewer's state of one terminal. Confined to one thread, except {@link #isAttached}. */
interface Shown {
    /** A frame with the ref of this attach. */
    void on(JsonNode frame);

    boolean isAttached();

    /** The number after the last line that was shown or skipped. */
    long next();

    /** Lines that were passed over, announced or not, or are not what they should be. */
    long lost();
}
