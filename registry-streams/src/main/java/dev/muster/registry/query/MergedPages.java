package dev.muster.registry.query;

import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListedNode;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Merges the pages of several instances into one, as if one instance knew everything.
 *
 * <p>Instances know different audiences. If a node can be in audiences of two instances, their pages come with an
 * index: the newest entry decides, and a node counts once. A page that is cut does not show what follows its last node,
 * so the merged page ends there too.
 */
final class MergedPages {
    private MergedPages() {}

    static ListNodesResponse merge(ListNodesRequest request, List<ListNodesResponse> pages, int bytesMax) {
        Map<String, ListedNode> newest = newest(pages);
        ListNodesResponse.Builder merged = ListNodesResponse.newBuilder();
        pages.forEach(page -> merged.putAllPosition(page.getPositionMap()));
        if (newest.isEmpty()) {
            Map<String, Long> counts = new HashMap<>();
            pages.forEach(
                    page -> page.getCountsMap().forEach((status, count) -> counts.merge(status, count, Long::sum)));
            merged.putAllCounts(counts);
        } else {
            count(newest, merged);
        }
        String cut = cut(pages);
        fill(candidates(request, pages, newest, cut), request.getLimit(), bytesMax, cut, merged);
        return merged.build();
    }

    private static Map<String, ListedNode> newest(List<ListNodesResponse> pages) {
        Map<String, ListedNode> newest = new HashMap<>();
        for (ListNodesResponse page : pages) {
            for (ListedNode node : page.getIndexList()) {
                newest.merge(node.getNodeId(), node, (a, b) -> b.getVersion() > a.getVersion() ? b : a);
            }
        }
        return newest;
    }

    private static void count(Map<String, ListedNode> newest, ListNodesResponse.Builder merged) {
        Map<NodeStatus, Long> counts = new EnumMap<>(NodeStatus.class);
        for (ListedNode node : newest.values()) {
            if (node.getMatches()) {
                counts.merge(node.getStatus(), 1L, Long::sum);
            }
        }
        counts.forEach((status, count) -> merged.putCounts(status.name(), count));
    }

    /** The least last node of the pages that are cut; empty: none is. */
    private static String cut(List<ListNodesResponse> pages) {
        return pages.stream()
                .map(ListNodesResponse::getNext)
                .filter(next -> !next.isEmpty())
                .min(String::compareTo)
                .orElse("");
    }

    private static SortedMap<String, NodeView> candidates(
            ListNodesRequest request, List<ListNodesResponse> pages, Map<String, ListedNode> newest, String cut) {
        Set<NodeStatus> statuses = request.getStatusesCount() == 0
                ? EnumSet.allOf(NodeStatus.class)
                : EnumSet.copyOf(request.getStatusesList());
        SortedMap<String, NodeView> candidates = new TreeMap<>();
        for (ListNodesResponse page : pages) {
            for (NodeView view : page.getNodesList()) {
                String nodeId = view.getNode().getNodeId();
                ListedNode listed = newest.get(nodeId);
                boolean current = listed == null
                        || (listed.getVersion() <= view.getViewVersion()
                                && listed.getMatches()
                                && statuses.contains(listed.getStatus()));
                if (current && (cut.isEmpty() || nodeId.compareTo(cut) <= 0)) {
                    candidates.merge(nodeId, view, (a, b) -> b.getViewVersion() > a.getViewVersion() ? b : a);
                }
            }
        }
        return candidates;
    }

    private static void fill(
            SortedMap<String, NodeView> candidates,
            int limit,
            int bytesMax,
            String cut,
            ListNodesResponse.Builder merged) {
        long bytes = 0;
        for (Map.Entry<String, NodeView> candidate : candidates.entrySet()) {
            bytes += candidate.getValue().getSerializedSize();
            int size = merged.getNodesCount();
            if (size == limit || (size > 0 && bytes > bytesMax)) {
                merged.setNext(merged.getNodes(size - 1).getNode().getNodeId());
                return;
            }
            merged.addNodes(candidate.getValue());
        }
        merged.setNext(cut);
    }
}
