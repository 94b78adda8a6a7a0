package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListedNode;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.registry.terminal.read.ReadBudget;
import dev.muster.registry.view.ViewCounts;
import dev.muster.registry.view.ViewEntry;
import dev.muster.registry.view.ViewStore;
import dev.muster.registry.view.ViewStore.Position;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Pages over the view store. */
public final class ViewReads {
    static final int LIMIT_MAX = 10_000;
    static final int AUDIENCES_MAX = 2_000;
    private static final String ALL_SHARDS = "fleet:*";
    private static final int ATTEMPTS = 3;
    /** What a look at one node costs, in steps of a search. */
    static final long STEPS_PER_NODE = 500;
    // below the 4 MiB that a gRPC client takes unless told otherwise
    static final int ANSWER_BYTES_MAX = 3 << 20;

    private final StoreReads stores;
    private final Partitions partitions;

    public ViewReads(StoreReads stores, Partitions partitions) {
        this.stores = stores;
        this.partitions = partitions;
    }

    public ListNodesResponse list(ListNodesRequest request) {
        return list(request, audiences(request), ReadBudget.unlimited());
    }

    /** @param audiences those of the request that this instance knows, from {@link #audiences} */
    ListNodesResponse list(ListNodesRequest request, SortedSet<String> audiences, ReadBudget budget) {
        Map<Integer, ReadOnlyKeyValueStore<String, byte[]>> parts = new HashMap<>();
        for (String audience : audiences) {
            parts.computeIfAbsent(partitions.ofView(audience), this::store);
        }
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                Optional<ListNodesResponse> response =
                        StoreReads.reading(() -> listOnce(request, audiences, parts, budget));
                if (response.isPresent()) {
                    return response.get();
                }
            } catch (ReadBudget.SpentException e) {
                throw new MusterException(ErrorCode.UNAVAILABLE, "there was no time to look through all nodes", e);
            }
        }
        throw new MusterException(ErrorCode.UNAVAILABLE, "the views are being restored");
    }

    /** The version at which an audience was shown the node or its removal last; 0: never. */
    long version(String audience, String nodeId) {
        ReadOnlyKeyValueStore<String, byte[]> store = store(partitions.ofView(audience));
        return StoreReads.reading(() -> {
            byte[] entry = store.get(ViewStore.key(audience, nodeId));
            return entry == null ? 0 : ViewEntry.from(entry).version();
        });
    }

    /**
     * The audiences of a list, shards and all.
     *
     * @throws MusterException invalid, for these or for the limit
     */
    SortedSet<String> audiences(ListNodesRequest request) {
        if (request.getLimit() < 1 || request.getLimit() > LIMIT_MAX) {
            throw new MusterException(ErrorCode.INVALID, "limit: expected 1 to " + LIMIT_MAX);
        }
        SortedSet<String> audiences = new TreeSet<>();
        for (String audience : request.getAudiencesList()) {
            if (audience.equals(ALL_SHARDS)) {
                for (int shard = 0; shard < partitions.node(); shard++) {
                    audiences.add("fleet:" + shard);
                }
            } else {
                audiences.add(audience);
            }
        }
        if (audiences.isEmpty() || audiences.size() > AUDIENCES_MAX) {
            throw new MusterException(ErrorCode.INVALID, "audiences: expected 1 to " + AUDIENCES_MAX);
        }
        return audiences;
    }

    /**
     * Positions first, then the scan: the answer contains at least what its positions say. Empty if a store was taken
     * over again meanwhile.
     */
    private Optional<ListNodesResponse> listOnce(
            ListNodesRequest request,
            SortedSet<String> audiences,
            Map<Integer, ReadOnlyKeyValueStore<String, byte[]>> parts,
            ReadBudget budget) {
        Map<Integer, Position> before = new HashMap<>();
        parts.forEach((part, store) -> before.put(part, position(store)));
        ListNodesResponse.Builder response = ListNodesResponse.newBuilder();
        boolean counted = isCounted(request, audiences);
        try (MergedViews views = new MergedViews()) {
            for (String audience : audiences) {
                ReadOnlyKeyValueStore<String, byte[]> store = parts.get(partitions.ofView(audience));
                if (store != null) {
                    views.add(
                            counted
                                    ? store.range(
                                            ViewStore.key(audience, request.getAfter()), ViewStore.lastKey(audience))
                                    : store.prefixScan(ViewStore.prefix(audience), new StringSerializer()));
                }
            }
            fill(request, views, response, counted, budget);
        }
        if (counted) {
            countsOf(audiences, parts).forEach((status, count) -> response.putCounts(status.name(), count));
        }
        for (Map.Entry<Integer, ReadOnlyKeyValueStore<String, byte[]>> part : parts.entrySet()) {
            Position then = before.getOrDefault(part.getKey(), new Position(0, 0));
            if (position(part.getValue()).incarnation() != then.incarnation()) {
                return Optional.empty();
            }
            response.putPosition(part.getKey(), then.offset());
        }
        return Optional.of(response.build());
    }

    /** Whether the counts that are kept are those of the list: all its nodes, each under one of its audiences alone. */
    private static boolean isCounted(ListNodesRequest request, SortedSet<String> audiences) {
        return !request.getIndex()
                && new NodeFilter(request).isOpen()
                && (audiences.size() == 1 || audiences.stream().allMatch(audience -> audience.startsWith("fleet:")));
    }

    private Map<NodeStatus, Long> countsOf(
            SortedSet<String> audiences, Map<Integer, ReadOnlyKeyValueStore<String, byte[]>> parts) {
        Map<NodeStatus, Long> counts = new EnumMap<>(NodeStatus.class);
        for (String audience : audiences) {
            ReadOnlyKeyValueStore<String, byte[]> store = parts.get(partitions.ofView(audience));
            if (store != null) {
                ViewCounts.from(store.get(ViewStore.countsKey(audience)))
                        .byStatus()
                        .forEach((status, count) -> counts.merge(status, count, Long::sum));
            }
        }
        return counts;
    }

    /** One pass over all that the audiences see: the page on the way, and the counts of all, unless those are known. */
    private static void fill(
            ListNodesRequest request,
            MergedViews views,
            ListNodesResponse.Builder response,
            boolean counted,
            ReadBudget budget) {
        NodeFilter filter = new NodeFilter(request);
        List<NodeStatus> wanted = request.getStatusesList();
        Set<NodeStatus> statuses = wanted.isEmpty() ? EnumSet.allOf(NodeStatus.class) : EnumSet.copyOf(wanted);
        Map<NodeStatus, Long> counts = new EnumMap<>(NodeStatus.class);
        int bytes = 0;
        boolean full = false;
        for (MergedViews.Seen seen = views.next(); seen != null; seen = views.next()) {
            budget.spend(STEPS_PER_NODE);
            ViewEntry entry = seen.entry();
            NodeView view = filter.isOpen() || !filter.mayMatch(entry) ? null : entry.view();
            boolean matches = view == null ? filter.isOpen() : filter.matches(view);
            if (request.getIndex()) {
                response.addIndex(ListedNode.newBuilder()
                        .setNodeId(seen.nodeId())
                        .setVersion(entry.version())
                        .setStatus(entry.status())
                        .setMatches(matches));
            }
            if (!matches) {
                continue;
            }
            counts.merge(entry.status(), 1L, Long::sum);
            if (full || seen.nodeId().compareTo(request.getAfter()) <= 0 || !statuses.contains(entry.status())) {
                continue;
            }
            NodeView shown = view == null ? entry.view() : view;
            bytes += shown.getSerializedSize();
            int size = response.getNodesCount();
            if (size == request.getLimit() || (size > 0 && bytes > ANSWER_BYTES_MAX)) {
                full = true;
                response.setNext(response.getNodes(size - 1).getNode().getNodeId());
                if (counted) {
                    return;
                }
            } else {
                response.addNodes(shown);
            }
        }
        if (!counted) {
            counts.forEach((status, count) -> response.putCounts(status.name(), count));
        }
    }

    private ReadOnlyKeyValueStore<String, byte[]> store(int partition) {
        return StoreReads.reading(() -> stores.store(ViewStore.NAME, partition));
    }

    private static Position position(ReadOnlyKeyValueStore<String, byte[]> store) {
        byte[] bytes = store.get(ViewStore.POSITION);
        return bytes == null ? new Position(0, 0) : Position.from(bytes);
    }
}
