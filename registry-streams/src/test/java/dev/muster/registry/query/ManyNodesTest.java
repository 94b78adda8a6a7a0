package dev.muster.registry.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.view.ViewFold;
import dev.muster.registry.view.ViewStore;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A whole fleet under one audience; what it takes is printed, not asserted. */
class ManyNodesTest {
    private static final Logger LOG = LoggerFactory.getLogger(ManyNodesTest.class);
    private static final int NODES = Integer.getInteger("muster.test.nodes", 20_000);
    private static final String AUDIENCE = "user:alice";

    private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();
    private final KeyValueStore<String, byte[]> store =
            ViewStore.builder(Map.of()).withLoggingDisabled().build();
    private final ViewReads reads = new ViewReads(
            new StoreReads() {
                @Override
                @SuppressWarnings("unchecked")
                public <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition) {
                    return (ReadOnlyKeyValueStore<String, V>) store;
                }
            },
            new Partitions(1, 1, 1));

    @BeforeEach
    void fill() {
        store.init(context.getStateStoreContext(), store);
        context.addStateStore(store);
        ViewFold fold = new ViewFold(context, (audience, nodeId, version) -> {}, 10);
        for (int i = 0; i < NODES; i++) {
            context.setRecordMetadata("muster.views", 0, i);
            ViewRecord record = view(i);
            fold.accept(new Record<>(AUDIENCE, new Parsed<>(record, record.toByteString(), null), 0));
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static String id(int i) {
        return Ids.derive(Ids.Kind.NODE, "node " + i);
    }

    private static ViewRecord view(int i) {
        return ViewRecord.newBuilder()
                .setAudience(AUDIENCE)
                .setNodeId(id(i))
                .setViewVersion(1)
                .setNode(NodeView.newBuilder()
                        .setViewVersion(1)
                        .setNode(NodeRecord.newBuilder()
                                .setNodeId(id(i))
                                .setName("build-" + i)
                                .setOwner("alice")
                                .putLabels("env", i % 10 == 0 ? "prod" : "test")
                                .putLabels("zone", "z" + i % 7)
                                .setEnabled(true))
                        .setState(NodeState.newBuilder()
                                .setNodeId(id(i))
                                .setStatus(i % 4 == 0 ? NodeStatus.OFFLINE : NodeStatus.ONLINE)
                                .setStatusReason("connected")
                                .setAgentVersion("1.2.3")
                                .setHost(Host.newBuilder()
                                        .setHostname("host-" + i + ".example.org")
                                        .setOs("Linux")
                                        .setArch("amd64")
                                        .setCpuCount(8)
                                        .setMemoryTotalBytes(1L << 35))
                                .setVitals(Vitals.newBuilder()
                                        .setCpuPercent(12.5)
                                        .addCpuPercentPerCore(10)
                                        .addCpuPercentPerCore(15)
                                        .setMemoryUsedBytes(1L << 33)
                                        .setLoad1(0.5))))
                .build();
    }

    private ListNodesResponse list(String what, Consumer<ListNodesRequest.Builder> more) {
        ListNodesRequest.Builder request =
                ListNodesRequest.newBuilder().addAudiences(AUDIENCE).setLimit(100);
        more.accept(request);
        ListNodesResponse response = reads.list(request.build());
        int rounds = NODES > 50_000 ? 20 : 1;
        long best = Long.MAX_VALUE;
        for (int round = 0; round < rounds; round++) {
            long begin = System.nanoTime();
            response = reads.list(request.build());
            best = Math.min(best, System.nanoTime() - begin);
        }
        LOG.atInfo()
                .addKeyValue("nodes", NODES)
                .addKeyValue("list", what)
                .addKeyValue("micros", best / 1_000)
                .log("measured");
        return response;
    }

    @Test
    void a_page_the_counts_and_every_filter_are_right_over_a_whole_fleet() {
        ListNodesResponse first = list("first page", request -> {});
        assertThat(first.getNodesCount()).isEqualTo(100);
        assertThat(first.getCountsOrThrow("ONLINE")).isEqualTo(NODES - NODES / 4);
        assertThat(first.getCountsOrThrow("OFFLINE")).isEqualTo(NODES / 4);

        ListNodesResponse next = list("next page", request -> request.setAfter(first.getNext()));
        assertThat(next.getNodes(0).getNode().getNodeId())
                .isGreaterThan(first.getNodes(99).getNode().getNodeId());
        assertThat(next.getCountsMap()).isEqualTo(first.getCountsMap());

        ListNodesResponse offline = list("by status", request -> request.addStatuses(NodeStatus.OFFLINE));
        assertThat(offline.getNodesList())
                .hasSize(100)
                .allMatch(view -> view.getState().getStatus() == NodeStatus.OFFLINE);
        assertThat(offline.getCountsMap()).isEqualTo(first.getCountsMap());

        ListNodesResponse prod = list("by label", request -> request.putLabels("env", "prod"));
        assertThat(prod.getCountsMap().values().stream()
                        .mapToLong(count -> count)
                        .sum())
                .isEqualTo(NODES / 10);

        ListNodesResponse one = list("by text", request -> request.setText("HOST-777.EXAMPLE"));
        assertThat(one.getNodesList())
                .extracting(view -> view.getNode().getName())
                .containsExactly("build-777");
    }
}
