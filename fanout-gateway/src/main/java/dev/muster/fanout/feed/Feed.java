package dev.muster.fanout.feed;

import dev.muster.contract.topics.Partitions;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The live sources of all sessions.
 *
 * @param changes tails of {@code muster.views}
 * @param older the records that the rings of changes no longer have
 * @param output tails of {@code muster.view-terminals}
 * @param tokens known once the broker has named the cluster and the topic; a failed question is repeated
 */
public record Feed(
        PartitionTails changes,
        CatchUp older,
        PartitionTails output,
        Partitions partitions,
        Supplier<CompletableFuture<ResumeTokens>> tokens) {}
