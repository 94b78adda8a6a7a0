package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.Vitals;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class AgentSessionTest {
    private static final SessionLimits LIMITS =
            new SessionLimits(1_000, 500, 4_096, 10, 20, 2, 100, new OutputLimits(1_024, 8_192, 2_048, 3));
    private static final String INSTANCE = "0b8e7e5c-6f9a-4d2c-9d42-1a2b3c4d5e6f";
    private static final AgentMessage HELLO = hello(Hello.newBuilder());

    private final RecordingEffects effects = new RecordingEffects();
    private final AgentSession session =
            new AgentSession(new AgentSession.Identity("nd_1", "ss_1", "gw_1", "/10.0.0.1:5"), LIMITS, 0, effects);
    private long nanos;

    @Test
    void hello_is_made_known_and_then_welcomed() {
        receive(HELLO);
        assertThat(session.isLive()).isTrue();
        assertThat(effects.events).hasSize(1);
        assertThat(effects.events.get(0).getInstanceId()).isEqualTo(INSTANCE);
        assertThat(effects.events.get(0).getConnected().getRemoteAddress()).isEqualTo("/10.0.0.1:5");
        assertThat(effects.events.get(0).getConnected().getHeartbeatIntervalMillis())
                .isEqualTo(1_000);
        assertThat(effects.sent.get(0).getWelcome().getSessionId()).isEqualTo("ss_1");
        assertThat(effects.sent.get(0).getWelcome().getLimits().getChunkBytesMax())
                .isEqualTo(1_024);
    }

    @Test
    void a_heartbeat_is_answered_and_published_under_the_credential_s_node() {
        receive(HELLO);
        receive(heartbeat(7));
        assertThat(effects.sent.get(1).getHeartbeatAck().getSequence()).isEqualTo(7);
        assertThat(effects.heartbeats.get(0).getHeartbeat().getNodeId()).isEqualTo("nd_1");
        assertThat(effects.heartbeats.get(0).getHeartbeat().getSessionId()).isEqualTo("ss_1");
    }

    @Test
    void what_breaks_a_rule_for_text_times_or_numbers_is_mended_and_counted() {
        receive(hello(Hello.newBuilder()
                .setHost(Host.newBuilder().setHostname("a\u001b[31m").setCpuCount(-1))));
        receive(AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder()
                        .setSequence(1)
                        .setVitals(Vitals.newBuilder().setLoad1(9e8)))
                .build());
        receive(AgentMessage.newBuilder()
                .setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId("tk_00000000000000000000000001")
                        .setNumber(1)
                        .setEnded(TaskEnded.newBuilder()
                                .setAtMillis(Long.MAX_VALUE)
                                .setSignal("x".repeat(100_000))))
                .build());
        assertThat(effects.refusals).isEmpty();
        assertThat(effects.mended).containsExactly("hello", "heartbeat", "task-event");
        Host host = effects.events.get(0).getConnected().getHello().getHost();
        assertThat(host.getHostname()).isEqualTo("a\ufffd[31m");
        assertThat(host.getCpuCount()).isZero();
        assertThat(effects.heartbeats.get(0).getHeartbeat().getHeartbeat().hasVitals())
                .isFalse();
        TaskEnded ended = effects.events.get(1).getTaskEvent().getEnded();
        assertThat(ended.getAtMillis()).isZero();
        assertThat(ended.getSignal()).hasSize(64);
    }

    @ParameterizedTest
    @MethodSource("outOfPlace")
    void a_message_out_of_place_ends_the_session(AgentMessage first, AgentMessage second) {
        receive(first);
        receive(second);
        assertThat(effects.refusals).hasSize(1);
        assertThat(effects.refusals.get(0).code()).isEqualTo(ErrorCode.INVALID);
        assertThat(session.isLive()).isFalse();
    }

    static Stream<Arguments> outOfPlace() {
        AgentMessage none = AgentMessage.getDefaultInstance();
        return Stream.of(
                Arguments.of(HELLO, HELLO),
                Arguments.of(heartbeat(1), none),
                Arguments.of(started(1), none),
                Arguments.of(HELLO, none),
                Arguments.of(none, none),
                Arguments.of(HELLO, started(0)),
                Arguments.of(hello(Hello.newBuilder().putLabels("bad key", "v")), none),
                Arguments.of(hello(Hello.newBuilder().addTaskIds("x")), none),
                Arguments.of(hello(Hello.newBuilder().setAgentVersion("x".repeat(300))), none),
                Arguments.of(
                        AgentMessage.newBuilder()
                                .setHello(Hello.newBuilder().setInstanceId("me"))
                                .build(),
                        none));
    }

    @Test
    void an_agent_that_says_nothing_is_ended() {
        assertThat(session.checkSilence(millis(499), 0)).isEqualTo(1);
        assertThat(session.checkSilence(millis(500), 0)).isZero();
        assertThat(effects.refusals.get(0).detail()).isEqualTo("no Hello within 500 ms");
        assertThat(effects.events).isEmpty();
    }

    @Test
    void three_missing_heartbeats_end_a_live_session() {
        receive(HELLO);
        nanos = millis(2_000);
        receive(heartbeat(1));
        assertThat(session.checkSilence(millis(4_999), 0)).isEqualTo(1);
        assertThat(session.checkSilence(millis(5_000), 0)).isZero();
        assertThat(effects.refusals.get(0).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(effects.events.get(1).getDisconnected().getReason()).contains("no heartbeat for 3000 ms");
    }

    @Test
    void an_agent_that_heartbeats_without_pause_is_ended_with_a_reason() {
        receive(HELLO);
        for (int i = 0; i < 20; i++) {
            receive(heartbeat(i));
        }
        assertThat(effects.refusals).isEmpty();
        nanos = millis(100);
        receive(heartbeat(20));
        assertThat(effects.refusals).isEmpty();
        receive(heartbeat(21));
        assertThat(effects.refusals.get(0).code()).isEqualTo(ErrorCode.RATE_LIMITED);
    }

    @Test
    void an_agent_that_sends_task_events_without_pause_is_ended_with_a_reason() {
        receive(HELLO);
        for (int i = 1; i <= 20; i++) {
            receive(started(i));
        }
        assertThat(effects.refusals).isEmpty();
        receive(started(21));
        assertThat(effects.refusals.get(0).code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(effects.refusals.get(0).detail()).isEqualTo("more than 2 task events a second");
    }

    @Test
    void a_heartbeat_over_the_limit_ends_the_session() {
        receive(HELLO);
        receive(AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().addRunningTaskIds("x".repeat(4_096)))
                .build());
        assertThat(effects.refusals.get(0).code()).isEqualTo(ErrorCode.TOO_LARGE);
    }

    @Test
    void the_end_is_said_once_and_nothing_follows() {
        receive(HELLO);
        session.end("the connection was lost", 0);
        session.end("again", 0);
        session.refuse(ErrorCode.UNAVAILABLE, "again", 0);
        receive(heartbeat(1));
        assertThat(effects.events).hasSize(2);
        assertThat(effects.events.get(1).getDisconnected().getReason()).isEqualTo("the connection was lost");
        assertThat(effects.heartbeats).isEmpty();
        assertThat(effects.refusals).isEmpty();
    }

    private void receive(AgentMessage message) {
        session.receive(message, nanos, 0);
    }

    private static long millis(long millis) {
        return millis * 1_000_000;
    }

    private static AgentMessage hello(Hello.Builder hello) {
        return AgentMessage.newBuilder().setHello(hello.setInstanceId(INSTANCE)).build();
    }

    private static AgentMessage heartbeat(long sequence) {
        return AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setSequence(sequence))
                .build();
    }

    private static AgentMessage started(long number) {
        return AgentMessage.newBuilder()
                .setTaskEvent(TaskEvent.newBuilder()
                        .setNumber(number)
                        .setTaskId(Chunks.TERMINAL)
                        .setStarted(TaskStarted.getDefaultInstance()))
                .build();
    }
}
