package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.DeadLetter;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeHeartbeat;
import dev.muster.proto.records.v1.NodeStatus;
import java.util.Random;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What cannot be read, or cannot be, goes to the dead letters and is counted; what comes after it is processed. */
class PoisonTest {
    private static final byte[] NO_PROTOBUF = {(byte) 0xff, (byte) 0xff, (byte) 0xff};

    private final ControlDriver control = new ControlDriver();

    @BeforeEach
    void create() {
        control.create();
        control.tick();
        control.connect("session-1", 1, 1);
        control.skipOutput();
    }

    @AfterEach
    void close() {
        control.close();
    }

    private double count(String name, String... tags) {
        return control.metrics.get(name).tags(tags).counter().count();
    }

    private TestInputTopic<String, byte[]> input(Topic topic) {
        return control.driver.createInputTopic(
                ControlDriver.KAFKA.names().of(topic), new StringSerializer(), new ByteArraySerializer());
    }

    @ParameterizedTest
    @EnumSource(
            value = Topic.class,
            names = {"COMMANDS", "HEARTBEATS", "NODE_EVENTS", "VIEWS"})
    void bytes_that_are_no_record_become_a_dead_letter_with_their_position(Topic topic) {
        input(topic).pipeInput(NODE, NO_PROTOBUF, control.nowMillis);

        DeadLetter letter = control.deadLetters.readValue();
        assertThat(letter.getReason()).isEqualTo("not-a-protobuf");
        assertThat(letter.getTopic()).isEqualTo("muster." + topic.baseName());
        assertThat(letter.getOffset()).isNotNegative();
        assertThat(letter.getKey().toStringUtf8()).isEqualTo(NODE);
        assertThat(letter.getValue().toByteArray()).isEqualTo(NO_PROTOBUF);
        assertThat(letter.getErrorId()).isNotEmpty();
        String counter = topic == Topic.VIEWS ? "muster.streams.dead.letters" : "muster.control.dead.letters";
        assertThat(count(counter, "topic", letter.getTopic(), "reason", "not-a-protobuf"))
                .isEqualTo(1);
        control.heartbeat("session-1");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void a_deletion_in_an_input_topic_is_passed() {
        for (Topic topic : new Topic[] {Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS, Topic.VIEWS}) {
            input(topic).pipeInput(NODE, null, control.nowMillis);
        }
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    @Test
    void vitals_that_cannot_be_are_not_shown_and_the_node_was_heard_all_the_same() {
        for (double impossible : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1, 1e300}) {
            control.pass(5_000);
            control.heartbeat(
                    "session-1", Vitals.newBuilder().setCpuPercent(impossible).build());
            control.heartbeat(
                    "session-1",
                    Vitals.newBuilder().addCpuPercentPerCore(impossible).build());
        }
        assertThat(control.deadLetters.readValuesToList())
                .hasSize(8)
                .extracting(DeadLetter::getReason)
                .containsOnly("vitals-are-not-possible");
        control.pass(11_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.state().getVitals().getCpuPercent()).isZero();
    }

    @Test
    void a_heartbeat_under_another_key_does_not_count() {
        byte[] heartbeat = HeartbeatRecord.newBuilder()
                .setHeartbeat(NodeHeartbeat.newBuilder()
                        .setNodeId(NODE)
                        .setSessionId("session-1")
                        .setHeartbeat(Heartbeat.getDefaultInstance()))
                .build()
                .toByteArray();
        control.heartbeats.pipeInput("another", heartbeat, control.nowMillis);
        assertThat(control.deadLetters.readValue().getReason()).isEqualTo("key-is-not-the-node");
    }

    @Test
    void a_time_that_is_far_from_the_log_s_is_not_believed() {
        String other = dev.muster.contract.ids.Ids.derive(dev.muster.contract.ids.Ids.Kind.NODE, "other");
        for (long at : new long[] {-5, 0, 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            var reply = control.ask(
                    ControlDriver.user("alice"),
                    command -> command.setNodeId(other)
                            .setAtMillis(at)
                            .setCreateNode(CreateNode.newBuilder().setName("n")));
            assertThat(reply.getNode().getCreatedAtMillis()).isEqualTo(control.nowMillis);
        }
    }

    @Test
    void random_bytes_in_every_topic_never_stop_it() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            Topic topic = new Topic[] {Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS, Topic.VIEWS}[i % 4];
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            input(topic).pipeInput(random.nextBoolean() ? NODE : null, bytes, control.nowMillis);
        }
        control.pass(1_000);
        control.event(
                "session-1",
                AGENT,
                event -> event.setDisconnected(dev.muster.proto.records.v1.Disconnected.getDefaultInstance()));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
    }
}
