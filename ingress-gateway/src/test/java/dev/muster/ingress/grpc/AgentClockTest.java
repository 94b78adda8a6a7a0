package dev.muster.ingress.grpc;

import static dev.muster.ingress.session.Chunks.TERMINAL;
import static dev.muster.ingress.session.Chunks.data;
import static dev.muster.ingress.session.Chunks.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.OutputRecord;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AgentClockTest {
    private static final long HOUR = 3_600_000;

    private TestGateway gateway;
    private String credential = "";

    @BeforeEach
    void open() throws Exception {
        gateway = new TestGateway(true, true);
        credential = gateway.credentials.mint(gateway.newNode(), 1);
    }

    @AfterEach
    void close() {
        gateway.close();
    }

    /** The same bytes as an agent sent before output had times. */
    @Test
    void a_recorded_agent_without_times_is_served_as_before() throws Exception {
        List<AgentMessage> said = new ArrayList<>();
        List<OutputChunk> printed = new ArrayList<>();
        for (String line : recorded()) {
            String[] words = line.split(" ", -1);
            byte[] bytes = HexFormat.of().parseHex(words[1]);
            if (words[0].equals("output")) {
                printed.add(OutputChunk.parseFrom(bytes));
            } else {
                said.add(AgentMessage.parseFrom(bytes));
            }
        }
        TestAgent.Stream<AgentMessage, GatewayMessage> control = gateway.agent().connect(credential);
        control.out().onNext(said.get(0));
        await().until(() -> !control.received().isEmpty());
        said.stream().skip(1).forEach(control.out()::onNext);
        TestAgent.Stream<OutputChunk, OutputAck> output =
                gateway.agent().output(credential, TestAgent.sessionOf(control));
        printed.forEach(output.out()::onNext);
        output.out().onCompleted();

        await().until(output::completed);
        await().until(() ->
                control.received().stream().anyMatch(m -> m.getTaskEventAck().getNumber() == 4));
        List<OutputChunk> stored = new ArrayList<>();
        for (OutputRecord record : records()) {
            assertThat(record.hasClockOffsetMillis()).isFalse();
            stored.addAll(record.getChunksList());
        }
        assertThat(stored).containsExactlyElementsOf(printed);
        assertThat(stored).allMatch(chunk -> chunk.getReadAtMillis() == 0);
        assertThat(control.isOpen()).isTrue();
        assertThat(gateway.count("messages.mended", "message", "clock")).isZero();
    }

    @Test
    void a_clock_that_is_an_hour_off_is_known_before_the_first_output_of_the_session() throws Exception {
        TestAgent.Stream<AgentMessage, GatewayMessage> control = gateway.agent().live(credential);
        long asked = control.received().get(0).getWelcome().getAtMillis();
        control.out().onNext(beat(1, asked, System.currentTimeMillis() + HOUR));
        await().until(() -> control.received().size() == 2);
        TestAgent.Stream<OutputChunk, OutputAck> output =
                gateway.agent().output(credential, TestAgent.sessionOf(control));
        long begun = System.currentTimeMillis();
        output.out().onNext(start(TERMINAL));
        output.out()
                .onNext(data(TERMINAL, 0, 1, 10).toBuilder()
                        .setReadAtMillis(System.currentTimeMillis() + HOUR)
                        .build());
        output.out().onCompleted();
        await().until(output::completed);
        long done = System.currentTimeMillis();

        assertThat(records()).isNotEmpty().allMatch(OutputRecord::hasClockOffsetMillis);
        OutputRecord last = records().get(records().size() - 1);
        long corrected = last.getChunks(last.getChunksCount() - 1).getReadAtMillis() + last.getClockOffsetMillis();
        // however slow this machine is: the round trip bounds the error
        long roundTrip = done - asked;
        assertThat(corrected).isBetween(begun - roundTrip / 2 - 2, done + roundTrip / 2 + 2);
        assertThat(control.received().get(1).getHeartbeatAck().getAtMillis()).isBetween(asked, done);
        await().until(() -> !gateway.control.values(Topic.HEARTBEATS).isEmpty());
        assertThat(HeartbeatRecord.parseFrom(
                                gateway.control.values(Topic.HEARTBEATS).get(0))
                        .getHeartbeat()
                        .getHeartbeat()
                        .getHeardGatewayMillis())
                .isEqualTo(asked);
    }

    @Test
    void times_that_cannot_be_are_counted_and_harm_nothing() {
        TestAgent.Stream<AgentMessage, GatewayMessage> control = gateway.agent().live(credential);
        control.out().onNext(beat(1, Long.MAX_VALUE, Long.MIN_VALUE));
        control.out().onNext(beat(2, -1, -1));
        await().until(() ->
                control.received().stream().anyMatch(m -> m.getHeartbeatAck().getSequence() == 2));
        assertThat(gateway.count("messages.mended", "message", "clock")).isEqualTo(2);
        assertThat(control.isOpen()).isTrue();
    }

    private static AgentMessage beat(long sequence, long heardGateway, long agentMillis) {
        return AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder()
                        .setSequence(sequence)
                        .setHeardGatewayMillis(heardGateway)
                        .setHeardAtMillis(agentMillis)
                        .setSentAtMillis(agentMillis))
                .build();
    }

    private List<OutputRecord> records() throws Exception {
        List<OutputRecord> records = new ArrayList<>();
        for (byte[] value : gateway.bulk.values(Topic.STDOUT)) {
            records.add(OutputRecord.parseFrom(value));
        }
        return records;
    }

    private static List<String> recorded() throws Exception {
        try (InputStream in = Objects.requireNonNull(AgentClockTest.class.getResourceAsStream("agent-v1.hex"))) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        }
    }
}
