package dev.muster.fanout.lines;

import dev.muster.contract.topics.Partitions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The nodes whose lines a call reads. A cursor is only good for the scope that it was made for.
 *
 * @param nodeId empty: every node
 * @param partitions in which their lines are
 */
public record LineScope(Optional<String> nodeId, List<Integer> partitions) {
    public LineScope {
        partitions = List.copyOf(partitions);
    }

    public static LineScope ofNode(String nodeId, Partitions partitions) {
        return new LineScope(Optional.of(nodeId), List.of(partitions.ofNode(nodeId)));
    }

    public static LineScope ofAll(Partitions partitions) {
        return new LineScope(
                Optional.empty(), IntStream.range(0, partitions.node()).boxed().toList());
    }

    /** As a cursor names it. */
    List<String> name() {
        return List.of(nodeId.map(id -> "node:" + id).orElse("nodes"));
    }
}
