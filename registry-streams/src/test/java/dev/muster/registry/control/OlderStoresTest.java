package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.GATEWAY;
import static dev.muster.registry.control.ControlDriver.NODE;
import static dev.muster.registry.control.ControlDriver.START_MILLIS;
import static dev.muster.registry.control.ControlDriver.invite;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.store.v1.StoredGroup;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.StoreDump;
import dev.muster.registry.view.ViewEntry;
import dev.muster.registry.view.ViewStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Stores that an older release has written are read, and gone on with. */
class OlderStoresTest {
    private static final String V1 = "control-v1.hex";
    private static final String GROUP = Ids.derive(Ids.Kind.TASK_GROUP, "a group");

    private final MockProcessorContext<String, @Nullable Message> context = new MockProcessorContext<>();
    private final List<StateStore> stores = new ArrayList<>();

    private static Map<String, Serde<?>> serdes() {
        return new TreeMap<>(Map.of(
                ControlStores.NODES, new ProtoSerde<>(StoredNode.parser()),
                ControlStores.STATES, new ProtoSerde<>(StoredState.parser()),
                ControlStores.QUEUES, new ProtoSerde<>(StoredQueue.parser()),
                ControlStores.TASKS, new ProtoSerde<>(Task.parser()),
                ControlStores.TASK_IDS, Serdes.Long(),
                ControlStores.GROUPS, new ProtoSerde<>(StoredGroup.parser()),
                ControlStores.GROUP_MEMBERS, new ProtoSerde<>(TaskGroupMember.parser()),
                ViewStore.NAME, Serdes.ByteArray()));
    }

    @AfterEach
    void close() {
        stores.forEach(StateStore::close);
    }

    @BeforeAll
    static void writeIfAsked() throws IOException {
        if (StoreDump.WRITE.isEmpty()) {
            return;
        }
        List<StoreDump.Entry> entries = new ArrayList<>();
        try (ControlDriver control = new ControlDriver()) {
            control.create();
            control.join("first", "key");
            control.ask(
                    user("alice"),
                    command -> command.setCreateInvite(
                            CreateInvite.newBuilder().setInvite(invite("second", START_MILLIS + 3_600_000))));
            control.tick();
            control.connect("session-1", 1, 1);
            control.run("ended");
            control.started("session-1", AGENT, "ended");
            control.ended("session-1", AGENT, "ended", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
            control.run("running");
            control.started("session-1", AGENT, "running");
            CommandRecord group = CommandRecord.newBuilder()
                    .setRequestId("request")
                    .setGroupId(GROUP)
                    .setActor(user("alice"))
                    .setAtMillis(control.nowMillis)
                    .setCreateTaskGroup(CreateTaskGroup.newBuilder()
                            .addNodeIds(NODE)
                            .setTask(CreateTask.newBuilder().setCommand("uptime")))
                    .build();
            control.commands.pipeInput(GROUP, group.toByteArray(), control.nowMillis);
            for (Map.Entry<String, Serde<?>> store : serdes().entrySet()) {
                dump(control, store.getKey(), store.getValue(), entries);
            }
        }
        StoreDump.write("control-" + StoreDump.WRITE + ".hex", entries);
    }

    private static <V> void dump(ControlDriver control, String name, Serde<V> serde, List<StoreDump.Entry> entries) {
        KeyValueStore<String, V> store = control.driver.getKeyValueStore(name);
        try (var all = store.all()) {
            all.forEachRemaining(entry -> entries.add(new StoreDump.Entry(
                    name,
                    Bytes.wrap(entry.key.getBytes(StandardCharsets.UTF_8)),
                    Bytes.wrap(serde.serializer().serialize(name, entry.value)))));
        }
    }

    private <V> KeyValueStore<String, V> store(String name) {
        return context.getStateStore(name);
    }

    private ControlPartition opened() {
        for (StoreBuilder<?> builder : ControlStores.builders()) {
            StateStore store = builder.withLoggingDisabled().build();
            store.init(context.getStateStoreContext(), store);
            context.addStateStore(store);
            stores.add(store);
        }
        Map<String, Serde<?>> serdes = serdes();
        for (StoreDump.Entry entry : StoreDump.read(V1)) {
            if (!entry.store().equals(ViewStore.NAME)) {
                store(entry.store())
                        .put(
                                new String(entry.key().get(), StandardCharsets.UTF_8),
                                Objects.requireNonNull(serdes.get(entry.store()))
                                        .deserializer()
                                        .deserialize(
                                                entry.store(), entry.value().get()));
            }
        }
        return reopened();
    }

    private ControlPartition reopened() {
        context.setRecordMetadata("commands", 0, 0);
        return new ControlPartition(
                context,
                ControlDriver.LIMITS,
                ControlDriver.PARTITIONS,
                () -> {},
                () -> "error-id",
                new ControlMetrics(new SimpleMeterRegistry()));
    }

    private static void feed(ControlPartition partition, String key, Message message) {
        partition.accept(new Record<>(key, new Parsed<>(message, message.toByteString(), null), START_MILLIS + 60_000));
    }

    private static NodeEventRecord ended(String task) {
        return NodeEventRecord.newBuilder()
                .setNodeId(NODE)
                .setSessionId("session-1")
                .setGatewayId(GATEWAY)
                .setInstanceId(AGENT)
                .setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(task)
                        .setEnded(TaskEnded.newBuilder()
                                .setCause(TaskEndCause.TASK_END_CAUSE_EXITED)
                                .setAtMillis(START_MILLIS + 60_000)))
                .build();
    }

    private Task task(String id) {
        Long sequence = this.<Long>store(ControlStores.TASK_IDS).get(ControlStores.taskIdKey(NODE, id));
        return this.<Task>store(ControlStores.TASKS).get(ControlStores.taskKey(NODE, sequence));
    }

    @Test
    void what_version_1_stored_is_read_and_gone_on_with() {
        ControlPartition partition = opened();
        StoredNode node = this.<StoredNode>store(ControlStores.NODES).get(NODE);
        assertThat(node.getRecord().getName()).isEqualTo("build-1");
        assertThat(node.getRecord().getOwner()).isEqualTo("alice");
        assertThat(node.getRecord().getLabelsMap()).containsExactly(Map.entry("env", "prod"));
        assertThat(node.getJoined().getCredentialGeneration()).isEqualTo(1);
        assertThat(node.getInvitesCount()).isEqualTo(1);
        StoredState state = this.<StoredState>store(ControlStores.STATES).get(NODE);
        assertThat(state.getState().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(state.getState().getRunningTasks()).isEqualTo(1);
        assertThat(state.getSession().getSessionId()).isEqualTo("session-1");
        assertThat(task(taskId("ended")).getState()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(task(taskId("running")).getState()).isEqualTo(TaskState.RUNNING);
        assertThat(this.<StoredGroup>store(ControlStores.GROUPS).get(GROUP).getOpen())
                .isEqualTo(1);
        TaskGroupMember member =
                this.<TaskGroupMember>store(ControlStores.GROUP_MEMBERS).get(ControlStores.memberKey(GROUP, NODE));

        feed(partition, NODE, ended(taskId("running")));
        assertThat(task(taskId("running")).getState()).isEqualTo(TaskState.SUCCEEDED);
        feed(partition, NODE, ended(member.getTaskId()));
        CommandRecord said = context.forwarded().stream()
                .map(forward -> forward.record().value())
                .filter(CommandRecord.class::isInstance)
                .map(CommandRecord.class::cast)
                .findFirst()
                .orElseThrow();
        feed(partition, GROUP, said);
        assertThat(this.<StoredGroup>store(ControlStores.GROUPS).get(GROUP).getOpen())
                .isZero();
    }

    @Test
    void views_of_version_1_are_read_and_an_unknown_format_is_refused() {
        int views = 0;
        for (StoreDump.Entry entry : StoreDump.read(V1)) {
            String key = new String(entry.key().get(), StandardCharsets.UTF_8);
            if (entry.store().equals(ViewStore.NAME) && key.equals(ViewStore.POSITION)) {
                assertThat(ViewStore.Position.from(entry.value().get()).offset())
                        .isPositive();
            } else if (entry.store().equals(ViewStore.NAME) && !key.startsWith("!")) {
                views++;
                ViewEntry view = ViewEntry.from(entry.value().get());
                assertThat(view.status()).isEqualTo(NodeStatus.ONLINE);
                assertThat(view.view().getNode().getName()).isEqualTo("build-1");
                byte[] newer = entry.value().get().clone();
                newer[0] = 2;
                assertThatThrownBy(() -> ViewEntry.from(newer)).hasMessageContaining("unknown format");
            }
        }
        assertThat(views).isEqualTo(2);
    }

    @Test
    void what_a_newer_release_adds_is_kept_by_one_that_does_not_know_it() {
        ControlPartition partition = opened();
        KeyValueStore<String, StoredNode> nodes = store(ControlStores.NODES);
        UnknownFieldSet newer = UnknownFieldSet.newBuilder()
                .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        nodes.put(NODE, nodes.get(NODE).toBuilder().setUnknownFields(newer).build());

        feed(
                partition,
                NODE,
                CommandRecord.newBuilder()
                        .setNodeId(NODE)
                        .setActor(user("alice"))
                        .setAtMillis(START_MILLIS)
                        .setPatchNode(PatchNode.newBuilder().setName("renamed"))
                        .build());

        assertThat(nodes.get(NODE).getRecord().getName()).isEqualTo("renamed");
        assertThat(nodes.get(NODE).getUnknownFields()).isEqualTo(newer);
    }
}
