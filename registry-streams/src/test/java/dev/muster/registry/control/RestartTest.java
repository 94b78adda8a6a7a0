package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.GATEWAY;
import static dev.muster.registry.control.ControlDriver.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeHeartbeat;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.records.v1.Tick;
import dev.muster.proto.store.v1.OpenTask;
import dev.muster.proto.store.v1.Session;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.proto.store.v1.StoredState;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What lives in memory is rebuilt from the stores, as after a restart or when a partition is taken over. */
class RestartTest {
    private static final long LATER = ControlDriver.START_MILLIS + 86_400_000;

    private final MockProcessorContext<String, @Nullable Message> context = new MockProcessorContext<>();
    private final List<StateStore> stores = new ArrayList<>();
    private long now = LATER;

    @BeforeEach
    void open() {
        for (StoreBuilder<?> builder : ControlStores.builders()) {
            StateStore store = builder.withLoggingDisabled().build();
            store.init(context.getStateStoreContext(), store);
            context.addStateStore(store);
            stores.add(store);
        }
        this.<StoredNode>store(ControlStores.NODES)
                .put(
                        NODE,
                        StoredNode.newBuilder()
                                .setRecord(NodeRecord.newBuilder()
                                        .setNodeId(NODE)
                                        .setOwner("alice")
                                        .setEnabled(true)
                                        .setVersion(1))
                                .build());
        this.<StoredState>store(ControlStores.STATES)
                .put(
                        NODE,
                        StoredState.newBuilder()
                                .setViewVersion(40)
                                .setState(NodeState.newBuilder().setNodeId(NODE).setStatus(NodeStatus.ONLINE))
                                .setSession(Session.newBuilder()
                                        .setSessionId("session-1")
                                        .setGatewayId(GATEWAY)
                                        .setInstanceId(AGENT)
                                        .setHeartbeatIntervalMillis(5_000)
                                        .setConnected(true))
                                .build());
        this.<StoredQueue>store(ControlStores.QUEUES)
                .put(
                        NODE,
                        StoredQueue.newBuilder()
                                .setLastSequence(1)
                                .addOpen(OpenTask.newBuilder().setSequence(1).setExpiresAtMillis(LATER + 30_000))
                                .build());
        this.<Task>store(ControlStores.TASKS)
                .put(
                        ControlStores.taskKey(NODE, 1),
                        Task.newBuilder()
                                .setTaskId("t")
                                .setNodeId(NODE)
                                .setSequence(1)
                                .setState(TaskState.QUEUED)
                                .build());
    }

    @AfterEach
    void close() {
        stores.forEach(StateStore::close);
    }

    private <V> KeyValueStore<String, V> store(String name) {
        return context.getStateStore(name);
    }

    private ControlPartition restarted() {
        return new ControlPartition(
                context,
                ControlDriver.LIMITS,
                ControlDriver.PARTITIONS,
                () -> {},
                () -> "error-id",
                new ControlMetrics(new SimpleMeterRegistry()));
    }

    private void feed(ControlPartition partition, HeartbeatRecord.Builder message) {
        HeartbeatRecord record = message.build();
        partition.accept(new Record<>(NODE, new Parsed<Message>(record, record.toByteString(), null), now));
    }

    private void pass(ControlPartition partition, long millis) {
        for (long until = now + millis; now < until; ) {
            now += 1_000;
            feed(
                    partition,
                    HeartbeatRecord.newBuilder()
                            .setTick(Tick.newBuilder().setSource(GATEWAY).setKind(SourceKind.SOURCE_KIND_INGRESS)));
        }
    }

    private NodeStatus status() {
        return this.<StoredState>store(ControlStores.STATES)
                .get(NODE)
                .getState()
                .getStatus();
    }

    @Test
    void a_node_that_was_online_has_a_full_grace_period_and_is_then_judged() {
        ControlPartition partition = restarted();
        pass(partition, 12_000);
        assertThat(status()).isEqualTo(NodeStatus.ONLINE);
        pass(partition, 1_000);
        assertThat(status()).isEqualTo(NodeStatus.STALE);
        pass(partition, 5_000);
        assertThat(status()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(this.<StoredState>store(ControlStores.STATES).get(NODE).getViewVersion())
                .isEqualTo(42);
    }

    @Test
    void heartbeats_of_the_session_from_before_still_count() {
        ControlPartition partition = restarted();
        for (int beat = 0; beat < 10; beat++) {
            pass(partition, 5_000);
            feed(
                    partition,
                    HeartbeatRecord.newBuilder()
                            .setHeartbeat(NodeHeartbeat.newBuilder()
                                    .setNodeId(NODE)
                                    .setSessionId("session-1")
                                    .setHeartbeat(Heartbeat.getDefaultInstance())));
        }
        assertThat(status()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void a_queued_task_still_expires() {
        ControlPartition partition = restarted();
        pass(partition, 29_000);
        assertThat(this.<Task>store(ControlStores.TASKS)
                        .get(ControlStores.taskKey(NODE, 1))
                        .getState())
                .isEqualTo(TaskState.QUEUED);
        pass(partition, 2_000);
        assertThat(this.<Task>store(ControlStores.TASKS)
                        .get(ControlStores.taskKey(NODE, 1))
                        .getState())
                .isEqualTo(TaskState.EXPIRED);
    }
}
