package dev.muster.registry.control;

import com.google.protobuf.Message;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.Connected;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.registry.view.ViewSignals;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Many nodes in the real control topology, for tests that read its stores. */
public final class ControlFleet implements AutoCloseable {
    public static final Partitions PARTITIONS = ControlDriver.PARTITIONS;

    private final TopologyTestDriver driver;
    private final TestInputTopic<String, byte[]> commands;
    private final TestInputTopic<String, byte[]> events;
    private final TestOutputTopic<String, ReplyRecord> replies;
    private int requests;

    public ControlFleet(ViewSignals signals) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "fleet-test");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        KafkaSettings kafka = ControlDriver.KAFKA;
        TopicNames names = kafka.names();
        driver = new TopologyTestDriver(
                ControlTopology.build(kafka, ControlDriver.LIMITS, signals, () -> {}, () -> "error-id"), properties);
        commands = driver.createInputTopic(names.of(Topic.COMMANDS), new StringSerializer(), new ByteArraySerializer());
        events =
                driver.createInputTopic(names.of(Topic.NODE_EVENTS), new StringSerializer(), new ByteArraySerializer());
        replies = driver.createOutputTopic(
                names.of(Topic.REPLIES),
                new StringDeserializer(),
                new ProtoSerde<>(ReplyRecord.parser()).deserializer());
    }

    /** @return the node's id, which has the name as a label too */
    public String create(String owner, String name, GroupGrant... groups) {
        String nodeId = Ids.derive(Ids.Kind.NODE, name);
        ask(
                nodeId,
                owner,
                command -> command.setCreateNode(CreateNode.newBuilder()
                        .setName(name)
                        .putLabels("name", name)
                        .addAllGroups(List.of(groups))));
        return nodeId;
    }

    public ReplyRecord ask(String nodeId, String user, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder record = CommandRecord.newBuilder()
                .setRequestId("request-" + ++requests)
                .setReplyTo("gateway")
                .setNodeId(nodeId)
                .setActor(Actor.newBuilder().setUser(user))
                .setAtMillis(ControlDriver.START_MILLIS);
        command.accept(record);
        commands.pipeInput(nodeId, bytes(record.build()));
        ReplyRecord reply = replies.readValue();
        if (reply.hasProblem()) {
            throw new AssertionError(reply.getProblem());
        }
        return reply;
    }

    /** A millisecond after what was asked before. */
    public void askGroup(String groupId, String user, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder record = CommandRecord.newBuilder()
                .setRequestId("request-" + ++requests)
                .setReplyTo("gateway")
                .setGroupId(groupId)
                .setActor(Actor.newBuilder().setUser(user));
        command.accept(record);
        commands.advanceTime(Duration.ofMillis(1));
        commands.pipeInput(groupId, bytes(record.build()));
        ReplyRecord reply = replies.readValue();
        if (reply.hasProblem()) {
            throw new AssertionError(reply.getProblem());
        }
    }

    public void connect(String nodeId) {
        connect(nodeId, "host-1");
    }

    public void connect(String nodeId, String hostname) {
        NodeEventRecord.Builder event = NodeEventRecord.newBuilder()
                .setNodeId(nodeId)
                .setSessionId("session of " + nodeId)
                .setGatewayId("gateway")
                .setConnected(Connected.newBuilder()
                        .setHello(Hello.newBuilder()
                                .setInstanceId("instance")
                                .setHost(Host.newBuilder().setHostname(hostname))));
        events.pipeInput(nodeId, bytes(event.build()));
    }

    public <V> ReadOnlyKeyValueStore<String, V> store(String name) {
        return driver.getKeyValueStore(name);
    }

    @Override
    public void close() {
        driver.close();
    }

    private static byte[] bytes(Message message) {
        return message.toByteArray();
    }
}
