package dev.muster.registry.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.Connected;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.DeadLetter;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.JoinNode;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeHeartbeat;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.records.v1.StatusChange;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.Tick;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.liveness.LivenessSettings;
import dev.muster.registry.node.NodeLimits;
import dev.muster.registry.streams.BadDataHandler;
import dev.muster.registry.task.GroupLimits;
import dev.muster.registry.task.TaskLimits;
import dev.muster.registry.view.ViewSignals;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;

/** The whole control topology on one partition, with words for what gateways and agents do. */
final class ControlDriver implements AutoCloseable {
    static final long START_MILLIS = 1_700_000_000_000L;
    static final String NODE = Ids.derive(Ids.Kind.NODE, "a node");
    static final String GATEWAY = Ids.derive(Ids.Kind.GATEWAY, "a gateway");
    static final String AGENT = "instance-1";
    static final long INTERVAL_MILLIS = 5_000;
    static final long MARKER_MILLIS = 600_000;
    static final long ENDED_MILLIS = 300_000;
    static final ControlLimits LIMITS = new ControlLimits(
            new NodeLimits(4, 3, 2, 3, MARKER_MILLIS),
            new TaskLimits(3, 2, 10_000, 60_000, 600_000, 3_600_000, ENDED_MILLIS, new GroupLimits(6, 2, 2, 120_000)),
            new LivenessSettings(1_000, 5_000, 10_000, 5_000, 60_000, 5, 5_000, 60_000, 20, 25, 1_000));
    static final Partitions PARTITIONS = new Partitions(1, 1, 1);
    static final KafkaSettings KAFKA =
            new KafkaSettings(Map.of("bootstrap.servers", "none:1"), new TopicNames("muster."), PARTITIONS, 1);

    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final TopologyTestDriver driver;
    final TestInputTopic<String, byte[]> commands;
    final TestInputTopic<String, byte[]> events;
    final TestInputTopic<String, byte[]> heartbeats;
    final TestOutputTopic<String, ReplyRecord> replies;
    final TestOutputTopic<String, DispatchRecord> dispatches;
    final TestOutputTopic<String, ViewRecord> views;
    final TestOutputTopic<String, NodeRecord> nodes;
    final TestOutputTopic<String, NodeState> states;
    final TestOutputTopic<String, StatusChange> statusChanges;
    final TestOutputTopic<String, AuditRecord> audit;
    final TestOutputTopic<String, DeadLetter> deadLetters;
    long nowMillis = START_MILLIS;
    private int requests;
    private boolean stopped;

    ControlDriver() {
        this((audience, nodeId, version) -> {}, () -> {});
    }

    ControlDriver(ViewSignals signals, Runnable onTick) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "control-test");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        properties.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, BadDataHandler.class);
        properties.put("muster.dlq.topic", KAFKA.names().of(Topic.DLQ));
        properties.put(BadDataHandler.METRICS_CONFIG, metrics);
        driver = new TopologyTestDriver(
                ControlTopology.build(KAFKA, LIMITS, signals, onTick, () -> "error-id", metrics),
                properties,
                Instant.ofEpochMilli(START_MILLIS));
        commands = input(Topic.COMMANDS);
        events = input(Topic.NODE_EVENTS);
        heartbeats = input(Topic.HEARTBEATS);
        replies = output(Topic.REPLIES, ReplyRecord.parser());
        dispatches = output(Topic.DISPATCH, DispatchRecord.parser());
        views = output(Topic.VIEWS, ViewRecord.parser());
        nodes = output(Topic.NODES, NodeRecord.parser());
        states = output(Topic.NODE_STATE, NodeState.parser());
        statusChanges = output(Topic.STATUS_CHANGES, StatusChange.parser());
        audit = output(Topic.AUDIT, AuditRecord.parser());
        deadLetters = output(Topic.DLQ, DeadLetter.parser());
    }

    @Override
    public void close() {
        if (!stopped) {
            stop();
        }
    }

    void stop() {
        stopped = true;
        driver.close();
    }

    // ------------------------------------------------------------ what gateways ask

    static Actor user(String name, String... groups) {
        return Actor.newBuilder().setUser(name).addAllGroups(List.of(groups)).build();
    }

    static Actor admin() {
        return Actor.newBuilder().setUser("root").setAdmin(true).build();
    }

    static InviteGrant invite(String secret, long expiresAtMillis) {
        return InviteGrant.newBuilder()
                .setSha256(ByteString.copyFrom(Ids.sha256(secret.getBytes(StandardCharsets.UTF_8))))
                .setExpiresAtMillis(expiresAtMillis)
                .build();
    }

    ReplyRecord ask(Actor actor, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder builder = CommandRecord.newBuilder()
                .setRequestId("request-" + ++requests)
                .setReplyTo(GATEWAY)
                .setNodeId(NODE)
                .setActor(actor)
                .setAtMillis(nowMillis);
        command.accept(builder);
        CommandRecord record = builder.build();
        commands.pipeInput(record.getNodeId(), record.toByteArray(), nowMillis);
        KeyValue<String, ReplyRecord> reply = replies.readKeyValue();
        if (!reply.key.equals(GATEWAY)
                || !reply.value.getRequestId().equals(record.getRequestId())
                || !replies.isEmpty()) {
            throw new AssertionError("expected exactly one reply to the gateway that asked");
        }
        return reply.value;
    }

    ReplyRecord create() {
        return ask(user("alice"), command -> command.setCreateNode(newNode()));
    }

    static CreateNode.Builder newNode() {
        return CreateNode.newBuilder()
                .setName("build-1")
                .putLabels("env", "prod")
                .setInvite(invite("first", START_MILLIS + 3_600_000));
    }

    ReplyRecord join(String secret, String key) {
        return ask(
                Actor.getDefaultInstance(),
                command -> command.setJoinNode(JoinNode.newBuilder()
                        .setInviteSha256(invite(secret, 0).getSha256())
                        .setPublicKey(ByteString.copyFromUtf8(key))));
    }

    ReplyRecord run(String taskName) {
        return run(user("alice"), taskName, "echo " + taskName);
    }

    ReplyRecord run(Actor actor, String taskName, String commandLine) {
        return ask(
                actor,
                command -> command.setCreateTask(
                        CreateTask.newBuilder().setTaskId(taskId(taskName)).setCommand(commandLine)));
    }

    static String taskId(String name) {
        return Ids.derive(Ids.Kind.TASK, name);
    }

    // ------------------------------------------------------------ what agents do

    void connect(String session, long bootCounter, long connectSequence) {
        connect(session, AGENT, bootCounter, connectSequence, hello -> {});
    }

    void connect(
            String session, String instance, long bootCounter, long connectSequence, Consumer<Hello.Builder> more) {
        Hello.Builder hello = Hello.newBuilder()
                .setInstanceId(instance)
                .setBootCounter(bootCounter)
                .setConnectSequence(connectSequence)
                .setAgentVersion("1.2.3")
                .setHost(Host.newBuilder().setHostname("host-1").setMemoryTotalBytes(1_000));
        more.accept(hello);
        event(
                session,
                instance,
                event -> event.setConnected(
                        Connected.newBuilder().setHello(hello).setHeartbeatIntervalMillis((int) INTERVAL_MILLIS)));
    }

    void event(String session, String instance, Consumer<NodeEventRecord.Builder> event) {
        NodeEventRecord.Builder builder = NodeEventRecord.newBuilder()
                .setNodeId(NODE)
                .setSessionId(session)
                .setGatewayId(GATEWAY)
                .setInstanceId(instance)
                .setAtMillis(nowMillis);
        event.accept(builder);
        events.pipeInput(NODE, builder.build().toByteArray(), nowMillis);
    }

    void started(String session, String instance, String taskName) {
        event(
                session,
                instance,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId(taskName))
                        .setStarted(TaskStarted.newBuilder().setAtMillis(nowMillis))));
    }

    /** The agent says again that a task has started, because input was dropped. */
    void inputDropped(String session, String instance, String taskName, long bytes) {
        event(
                session,
                instance,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId(taskName))
                        .setStarted(TaskStarted.newBuilder().setInputDroppedBytes(bytes))));
    }

    void ended(String session, String instance, String taskName, TaskEndCause cause, int exitCode) {
        event(
                session,
                instance,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskId(taskName))
                        .setEnded(TaskEnded.newBuilder()
                                .setAtMillis(nowMillis)
                                .setCause(cause)
                                .setExitCode(exitCode)
                                .setOutputBytes(42))));
    }

    void heartbeat(String session, Vitals vitals) {
        heartbeat(session, Heartbeat.newBuilder().setVitals(vitals).build());
    }

    /** As the agent sends it where it cannot measure, and a gateway where the vitals cannot be. */
    void heartbeatWithoutVitals(String session) {
        heartbeat(session, Heartbeat.getDefaultInstance());
    }

    private void heartbeat(String session, Heartbeat said) {
        HeartbeatRecord record = HeartbeatRecord.newBuilder()
                .setHeartbeat(NodeHeartbeat.newBuilder()
                        .setNodeId(NODE)
                        .setSessionId(session)
                        .setGatewayId(GATEWAY)
                        .setHeartbeat(said))
                .build();
        heartbeats.pipeInput(NODE, record.toByteArray(), nowMillis);
    }

    void heartbeat(String session) {
        heartbeat(session, Vitals.getDefaultInstance());
    }

    // ------------------------------------------------------------ time, and what is known then

    /** Lets log time pass with a tick a second, as in production. */
    void pass(long millis) {
        long until = nowMillis + millis;
        while (nowMillis < until) {
            nowMillis = Math.min(until, nowMillis + 1_000);
            tick();
        }
    }

    /** The gateway's, as in production. */
    void tick() {
        tick(GATEWAY, SourceKind.SOURCE_KIND_INGRESS);
    }

    void tick(String source, SourceKind kind) {
        byte[] tick = HeartbeatRecord.newBuilder()
                .setTick(Tick.newBuilder().setSource(source).setKind(kind))
                .build()
                .toByteArray();
        heartbeats.pipeInput(null, tick, nowMillis);
    }

    /** Lets log time pass with ticks of others than the node's gateway. */
    void passWithout(long millis, String source, SourceKind kind) {
        long until = nowMillis + millis;
        while (nowMillis < until) {
            nowMillis = Math.min(until, nowMillis + 1_000);
            tick(source, kind);
        }
    }

    NodeState state() {
        KeyValueStore<String, StoredState> store = driver.getKeyValueStore(ControlStores.STATES);
        StoredState stored = store.get(NODE);
        return stored == null ? NodeState.getDefaultInstance() : stored.getState();
    }

    Task task(String name) {
        KeyValueStore<String, Long> ids = driver.getKeyValueStore(ControlStores.TASK_IDS);
        KeyValueStore<String, Task> tasks = driver.getKeyValueStore(ControlStores.TASKS);
        Long sequence = ids.get(ControlStores.taskIdKey(NODE, taskId(name)));
        return sequence == null ? Task.getDefaultInstance() : tasks.get(ControlStores.taskKey(NODE, sequence));
    }

    /** Forgets what was written so far. */
    void skipOutput() {
        dispatches.readValuesToList();
        views.readValuesToList();
        nodes.readValuesToList();
        states.readValuesToList();
        audit.readValuesToList();
    }

    private TestInputTopic<String, byte[]> input(Topic topic) {
        return driver.createInputTopic(KAFKA.names().of(topic), new StringSerializer(), new ByteArraySerializer());
    }

    private <T extends Message> TestOutputTopic<String, T> output(Topic topic, Parser<T> parser) {
        return driver.createOutputTopic(
                KAFKA.names().of(topic), new StringDeserializer(), new ProtoSerde<>(parser).deserializer());
    }
}
