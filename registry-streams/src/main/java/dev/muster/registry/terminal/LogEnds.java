package dev.muster.registry.terminal;

import java.util.concurrent.CompletionStage;

/** Where the partitions of muster.stdout end, as their leaders say. */
@FunctionalInterface
public interface LogEnds {
    /** The offset of the next record; fails while it is unknown. Never blocks. */
    CompletionStage<Long> of(int partition);
}
