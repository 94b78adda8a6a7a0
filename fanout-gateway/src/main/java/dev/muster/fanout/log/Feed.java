package dev.muster.fanout.log;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.log.tokens.ResumeTokens;
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
