package dev.muster.fanout.lines;

import dev.muster.fanout.log.tokens.ClusterIdentity;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The topic of lines: which one it is, and what it has. */
public interface LinesLog {
    /** The committed records of a partition: offsets {@code [from, end)}. */
    record Span(long from, long end) {}

    /** What the topic has, partition by partition. */
    record Facts(ClusterIdentity identity, Map<Integer, Span> spans) {
        public Facts {
            spans = Map.copyOf(spans);
        }
    }

    /** The present facts. */
    CompletableFuture<Facts> facts(Collection<Integer> partitions);

    /** Which topic has the name now. */
    CompletableFuture<ClusterIdentity> identity();
}
