package dev.muster.fanout.transport.entry;

import dev.muster.contract.errors.CloseCode;

/** A connection of a viewer, whatever it speaks, as the endpoint sees it. */
public interface Viewer {
    /** Checks deadlines; in the shard's thread. */
    void tick();

    /** Ends it for a reason of the gateway. */
    void end(CloseCode code, String reason);

    void disconnect();
}
