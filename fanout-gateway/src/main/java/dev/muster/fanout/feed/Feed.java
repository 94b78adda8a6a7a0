package dev.muster.fanout.feed;

import dev.muster.contract.topics.Partitions;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * All that sessions read live from.
 *
 * @param changes tails of {@code muster.views}
 * @param older what the rings of changes no longer have
 * @param output tails of {@code muster.view-terminals}
 * @param tokens known once the broker has said which cluster and topic these are; a failure is asked anew
 */
public record Feed(
        PartitionTails changes,
        CatchUp older,
        PartitionTails output,
        Partitions partitions,
        Supplier<CompletableFuture<ResumeTokens>> tokens) {}
