package dev.muster.fanout.live.changes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Joins a snapshot, read page by page, to the records after it. The records to follow begin at the position of the
 * first page; a later page already contains some of them. Pages are ranges of node ids, each with its position. So
 * whether a page contains a record can be decided without remembering any node. Confined to the session's context.
 */
final class SnapshotSeam {
    private record Page(String lastNodeId, Map<Integer, Long> position) {}

    private final List<Page> pages = new ArrayList<>();

    /** @param next node id after which the next page starts; empty: this was the last */
    void add(String next, Map<Integer, Long> position) {
        pages.add(new Page(next, Map.copyOf(position)));
    }

    /** Whether the snapshot certainly contains a record. */
    boolean contains(String nodeId, int partition, long offset) {
        for (Page page : pages) {
            if (page.lastNodeId().isEmpty() || nodeId.compareTo(page.lastNodeId()) <= 0) {
                return offset < page.position().getOrDefault(partition, 0L);
            }
        }
        return false;
    }

    /** Whether the snapshot holds nothing of a partition from an offset on. */
    boolean isBefore(int partition, long offset) {
        return pages.stream().allMatch(page -> page.position().getOrDefault(partition, 0L) <= offset);
    }
}
