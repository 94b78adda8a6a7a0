package dev.muster.ingress.grpc;

import static dev.muster.ingress.session.Chunks.OTHER;
import static dev.muster.ingress.session.Chunks.TERMINAL;
import static dev.muster.ingress.session.Chunks.data;
import static dev.muster.ingress.session.Chunks.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PublishOutputTest {
    private @Nullable TestGateway open;
    private String node = "";

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    @Test
    void output_is_stored_in_order_and_acknowledged() throws Exception {
        TestGateway gateway = gateway(true);
        var output = output(gateway, live(gateway));
        output.out().onNext(start(TERMINAL));
        for (int i = 0; i < 200; i++) {
            output.out().onNext(data(TERMINAL, 100L * i, 1, 100));
        }
        output.out().onCompleted();
        await().until(output::completed);
        assertThat(last(output).getOffset()).isEqualTo(20_000);
        assertThat(offsets(gateway)).isSorted().hasSize(201).endsWith(19_900L);
        assertThat(gateway.budget.used()).isZero();
        assertThat(gateway.count("output.chunks", "accepted")).isEqualTo(201);
        assertThat(gateway.count("output.chunks", "stored")).isEqualTo(201);
    }

    @Test
    void many_streams_of_large_chunks_never_get_into_each_other() throws Exception {
        TestGateway gateway = gateway(true);
        List<TestAgent.Stream<OutputChunk, OutputAck>> outputs = new ArrayList<>();
        for (int stream = 0; stream < 3; stream++) {
            outputs.add(output(gateway, live(gateway)));
            outputs.get(stream).out().onNext(start(TERMINAL));
        }
        int chunks = 100;
        for (int i = 0; i < chunks; i++) {
            for (int stream = 0; stream < outputs.size(); stream++) {
                var out = outputs.get(stream).out();
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> {
                            allIsProcessed(gateway);
                            return out.isReady();
                        });
                out.onNext(data(TERMINAL, 4_096L * i, 1, 4_096).toBuilder()
                        .setData(ByteString.copyFrom(saying(stream, i)))
                        .build());
            }
        }
        outputs.forEach(output -> output.out().onCompleted());
        await().until(() -> outputs.stream().allMatch(TestAgent.Stream::completed));
        Map<String, List<ByteString>> bySession = new HashMap<>();
        for (byte[] value : gateway.bulk.values(Topic.STDOUT)) {
            OutputRecord record = OutputRecord.parseFrom(value);
            record.getChunksList().stream()
                    .filter(chunk -> !chunk.hasMarker())
                    .forEach(chunk -> bySession
                            .computeIfAbsent(record.getSessionId(), any -> new ArrayList<>())
                            .add(chunk.getData()));
        }
        assertThat(bySession.values())
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, outputs.size())
                        .mapToObj(stream -> IntStream.range(0, chunks)
                                .mapToObj(i -> ByteString.copyFrom(saying(stream, i)))
                                .toList())
                        .toList());
    }

    private static byte[] saying(int stream, int i) {
        byte[] bytes = new byte[4_096];
        Arrays.fill(bytes, (byte) (stream * 64 + i % 64));
        return bytes;
    }

    @Test
    void a_broker_that_never_answers_holds_back_output_alone() throws Exception {
        TestGateway gateway = gateway(false);
        List<TestAgent.Stream<OutputChunk, OutputAck>> outputs = new ArrayList<>();
        outputs.add(output(gateway, live(gateway)));
        outputs.add(output(gateway, live(gateway)));
        var control = live(gateway);
        outputs.add(output(gateway, control));
        for (var output : outputs) {
            output.out().onNext(start(TERMINAL));
            for (int i = 0; i < 100 && output.out().isReady(); i++) {
                output.out().onNext(data(TERMINAL, 4_096L * i, 1, 4_096));
            }
            assertThat(output.out().isReady()).isFalse();
        }
        assertThat(gateway.budget.used()).isPositive().isLessThanOrEqualTo(2 * TestGateway.OUTPUT_BYTES_MAX);
        control.out().onNext(TestAgent.heartbeat(77));
        await().until(() ->
                control.received().stream().anyMatch(m -> m.getHeartbeatAck().getSequence() == 77));
        assertThat(outputs)
                .allMatch(TestAgent.Stream::isOpen)
                .allMatch(o -> o.received().isEmpty());
    }

    @Test
    void a_registry_that_is_far_behind_holds_back_who_prints_much_and_nobody_else() throws Exception {
        TestGateway gateway = gateway(true);
        var flood = output(gateway, live(gateway));
        flood.out().onNext(start(TERMINAL));
        AtomicLong sent = new AtomicLong();
        await().until(() -> {
            print(flood, sent);
            return gateway.count("output.held.back", "reason", "registry") > 0
                    && !flood.out().isReady();
        });
        long heldBackAt = sent.get();
        await().until(() -> last(flood).getOffset() >= 65_536);

        allIsProcessed(gateway);

        await().until(() -> {
            print(flood, sent);
            return last(flood).getOffset() > heldBackAt;
        });
    }

    private static void allIsProcessed(TestGateway gateway) {
        gateway.backlogs.heard(IntStream.range(0, 8).boxed().collect(Collectors.toMap(p -> p, p -> Long.MAX_VALUE)));
    }

    private static void print(TestAgent.Stream<OutputChunk, OutputAck> output, AtomicLong sent) {
        while (output.out().isReady()) {
            output.out().onNext(data(TERMINAL, sent.getAndAdd(4_096), 1, 4_096));
        }
    }

    @Test
    void one_stream_holds_no_more_than_its_window() throws Exception {
        TestGateway gateway = gateway(false);
        var output = output(gateway, live(gateway));
        output.out().onNext(start(TERMINAL));
        for (int i = 0; i < 100 && output.out().isReady(); i++) {
            output.out().onNext(data(TERMINAL, 4_096L * i, 1, 4_096));
        }
        assertThat(output.out().isReady()).isFalse();
        // the window, and what was asked for before it was full
        assertThat(gateway.budget.used()).isBetween(16_384L, 16_384L + 4 * 4_200);
    }

    @Test
    void after_a_failed_record_the_agent_goes_back_and_nothing_is_lost() throws Exception {
        TestGateway gateway = gateway(false);
        var output = output(gateway, live(gateway));
        output.out().onNext(start(TERMINAL));
        await().until(() -> records(gateway) == 1);
        gateway.bulk.producer().completeNext();
        await().until(() -> output.received().size() == 1);
        output.out().onNext(data(TERMINAL, 0, 1, 100));
        output.out().onNext(data(TERMINAL, 100, 1, 100));
        await().until(() -> gateway.count("output.chunks", "accepted") == 3);
        await().until(() -> records(gateway) == 2);
        gateway.bulk.producer().errorNext(new TimeoutException("expired"));
        await().until(() -> output.received().size() == 2);
        assertThat(last(output).getResend()).isTrue();
        assertThat(last(output).getOffset()).isZero();
        output.out().onNext(data(TERMINAL, 200, 1, 100));
        await().until(() -> gateway.count("output.chunks", "dropped-poisoned") == 1);
        output.out().onNext(data(TERMINAL, 0, 1, 300));
        await().until(() -> records(gateway) == 3);
        gateway.bulk.producer().completeNext();
        await().until(() -> last(output).getOffset() == 300);
        assertThat(last(output).getResend()).isFalse();
        assertThat(gateway.budget.used()).isZero();
        double accepted = gateway.count("output.bytes", "accepted");
        assertThat(gateway.count("output.bytes", "stored")
                        + gateway.count("output.bytes", "failed")
                        + gateway.count("output.bytes", "given-up"))
                .isEqualTo(accepted);
    }

    @Test
    void an_agent_that_never_reads_its_acknowledgements_is_cut_and_its_control_stream_goes_on() throws Exception {
        TestGateway gateway = gateway(true);
        var control = live(gateway);
        var output = gateway.agent().output(gateway.credentials.mint(node, 1), TestAgent.sessionOf(control), false);
        output.out().onNext(start(TERMINAL));
        await().until(() -> output.received().size() == 1);
        output.out().onNext(data(TERMINAL, 0, 1, 100));
        assertThat(output.awaitRefusal()).isEqualTo("rate-limited");
        assertThat(control.isOpen()).isTrue();
    }

    @Test
    void what_is_held_back_is_counted_by_its_reason() throws Exception {
        TestGateway gateway = gateway(false);
        var output = output(gateway, live(gateway));
        output.out().onNext(start(TERMINAL));
        for (int i = 0; i < 100 && output.out().isReady(); i++) {
            output.out().onNext(data(TERMINAL, 4_096L * i, 1, 4_096));
        }
        await().until(() -> gateway.meters
                        .counter("muster.ingress.output.held.back", "reason", "window")
                        .count()
                == 1);
    }

    @Test
    void what_the_broker_can_never_take_ends_the_stream() throws Exception {
        TestGateway gateway = gateway(false);
        var output = output(gateway, live(gateway));
        output.out().onNext(start(TERMINAL));
        await().until(() -> records(gateway) == 1);
        gateway.bulk.producer().errorNext(new RecordTooLargeException());
        assertThat(output.awaitRefusal()).isEqualTo("too-large");
    }

    @Test
    void garbage_ends_the_stream_that_it_came_on_and_no_other() throws Exception {
        TestGateway gateway = gateway(true);
        var control = live(gateway);
        var output = output(gateway, control);
        output.out().onNext(OutputChunk.getDefaultInstance());
        assertThat(output.awaitRefusal()).isEqualTo("invalid");
        var again = output(gateway, control);
        again.out().onNext(start(OTHER));
        await().until(() -> !again.received().isEmpty());
        assertThat(control.isOpen()).isTrue();
    }

    @Test
    void output_belongs_to_a_live_session_of_its_own_node() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var control = gateway.agent().live(gateway.credentials.mint(node, 1));
        String session = TestAgent.sessionOf(control);
        String stranger = gateway.credentials.mint(gateway.newNode(), 1);
        assertThat(gateway.agent().output(stranger, session).awaitRefusal()).isEqualTo("not-connected");
        assertThat(gateway.agent().output("", session).awaitRefusal()).isEqualTo("unauthenticated");
        var output = gateway.agent().output(gateway.credentials.mint(node, 1), session);
        output.out().onNext(start(TERMINAL));
        await().until(() -> !output.received().isEmpty());
        var newer = gateway.agent().output(gateway.credentials.mint(node, 1), session);
        assertThat(output.awaitRefusal()).isEqualTo("session-superseded");
        control.out().onCompleted();
        assertThat(newer.awaitRefusal()).isEqualTo("not-connected");
    }

    private TestGateway gateway(boolean brokerAnswers) throws Exception {
        open = new TestGateway(true, brokerAnswers);
        return open;
    }

    private TestAgent.Stream<AgentMessage, GatewayMessage> live(TestGateway gateway) {
        node = gateway.newNode();
        return gateway.agent().live(gateway.credentials.mint(node, 1));
    }

    private TestAgent.Stream<OutputChunk, OutputAck> output(
            TestGateway gateway, TestAgent.Stream<AgentMessage, GatewayMessage> control) {
        return gateway.agent().output(gateway.credentials.mint(node, 1), TestAgent.sessionOf(control));
    }

    private static int records(TestGateway gateway) {
        return gateway.bulk.values(Topic.STDOUT).size();
    }

    private static OutputAck last(TestAgent.Stream<OutputChunk, OutputAck> output) {
        return output.received().get(output.received().size() - 1);
    }

    private static List<Long> offsets(TestGateway gateway) throws Exception {
        List<Long> offsets = new ArrayList<>();
        for (byte[] value : gateway.bulk.values(Topic.STDOUT)) {
            OutputRecord.parseFrom(value).getChunksList().forEach(chunk -> offsets.add(chunk.getOffset()));
        }
        return offsets;
    }
}
