package dev.muster.registry.terminal;

import java.util.concurrent.CompletionStage;

/** Where the partitions of muster.stdout end, as their leaders say. */
@FunctionalInterface
public interface LogEnds {
    /** The offset that the next record will have; fails while nobody can say. Never blocks. */
    CompletionStage<Long> of(int partition);
}
