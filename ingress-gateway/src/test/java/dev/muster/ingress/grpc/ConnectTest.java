package dev.muster.ingress.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.auth.Credentials;
import dev.muster.ingress.session.Admission;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.agent.v1.TerminalInput;
import dev.muster.proto.records.v1.CloseSession;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.InputRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ConnectTest {
    private @Nullable TestGateway open;

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    @Test
    void an_agent_is_welcomed_and_heard_and_its_end_is_said() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var stream = gateway.agent().live(gateway.credentials.mint(node, 1));
        stream.out().onNext(TestAgent.heartbeat(1));
        await().until(() -> stream.received().size() == 2);
        assertThat(stream.received().get(1).getHeartbeatAck().getSequence()).isEqualTo(1);
        await().until(() -> gateway.control.values(Topic.HEARTBEATS).size() == 1);
        HeartbeatRecord heartbeat = HeartbeatRecord.parseFrom(
                gateway.control.values(Topic.HEARTBEATS).get(0));
        assertThat(heartbeat.getHeartbeat().getNodeId()).isEqualTo(node);
        stream.out().onCompleted();
        await().until(stream::completed);
        await().until(() -> events(gateway).size() == 2);
        assertThat(events(gateway).get(0).hasConnected()).isTrue();
        assertThat(events(gateway).get(1).getDisconnected().getReason()).isEqualTo("the agent closed the stream");
        assertThat(gateway.sessions.size()).isZero();
    }

    @Test
    void a_crowd_is_refused_with_the_time_to_come_again() throws Exception {
        TestGateway gateway = limited(new Admission.Limits(1, 1_000, 1_000), 0);
        gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
        gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
        var third = gateway.agent().connect(gateway.credentials.mint(gateway.newNode(), 1));
        assertThat(third.awaitRefusal()).isEqualTo("rate-limited");
        assertThat(Integer.parseInt(third.awaitTrailer(Wire.RETRY_AFTER_MILLIS)))
                .isBetween(1, 1_000);
    }

    @Test
    void a_node_that_opens_streams_without_end_is_refused_and_its_newest_sessions_stay() throws Exception {
        TestGateway gateway = limited(new Admission.Limits(1_000, 5, 1_000), 0);
        String node = gateway.newNode();
        String credential = gateway.credentials.mint(node, 1);
        List<TestAgent.Stream<AgentMessage, GatewayMessage>> streams = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            streams.add(gateway.agent().live(credential));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(streams.get(i).awaitRefusal()).isEqualTo("session-superseded");
        }
        assertThat(gateway.agent().connect(credential).awaitRefusal()).isEqualTo("rate-limited");
        assertThat(streams.get(3).isOpen()).isTrue();
        assertThat(streams.get(4).isOpen()).isTrue();
        assertThat(gateway.sessions.ofNode(node)).hasSize(2);
        gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
    }

    @Test
    void an_old_connection_is_asked_to_move_and_goes_on_meanwhile() throws Exception {
        TestGateway gateway = limited(new Admission.Limits(1_000, 1_000, 1_000), 200);
        var stream = gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
        await().until(() -> stream.received().stream().anyMatch(GatewayMessage::hasReconnect));
        stream.out().onNext(TestAgent.heartbeat(1));
        await().until(() -> stream.received().stream().anyMatch(GatewayMessage::hasHeartbeatAck));
        assertThat(stream.isOpen()).isTrue();
    }

    @Test
    void a_broker_that_never_answers_holds_up_neither_welcomes_nor_heartbeats() throws Exception {
        TestGateway gateway = gateway(false);
        List<TestAgent.Stream<AgentMessage, GatewayMessage>> streams = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            streams.add(gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1)));
        }
        for (int sequence = 1; sequence <= 500; sequence++) {
            for (var stream : streams) {
                stream.out().onNext(TestAgent.heartbeat(sequence));
            }
        }
        for (var stream : streams) {
            await().until(() -> stream.received()
                            .get(stream.received().size() - 1)
                            .getHeartbeatAck()
                            .getSequence()
                    == 500);
        }
        assertThat(gateway.control.lane().pendingBytes()).isLessThan(25_000);
        assertThat(gateway.heartbeats.bytes()).isLessThan(1_000);
        assertThat(gateway.count("heartbeats", "replaced")).isGreaterThan(1_000);
    }

    @Test
    void task_events_are_acknowledged_when_the_broker_holds_them_and_sent_again_when_it_does_not() throws Exception {
        TestGateway gateway = gateway(false);
        var stream = gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
        stream.out().onNext(event(gateway, 1));
        stream.out().onNext(event(gateway, 2));
        await().until(() -> gateway.control.producer().history().size() == 3);
        gateway.control.producer().completeNext();
        gateway.control.producer().errorNext(new TimeoutException("expired"));
        gateway.control.producer().completeNext();
        await().until(() -> gateway.control.producer().history().size() == 5);
        assertThat(stream.received()).hasSize(1);
        gateway.control.producer().completeNext();
        gateway.control.producer().completeNext();
        await().until(() ->
                stream.received().stream().anyMatch(m -> m.getTaskEventAck().getNumber() == 2));
        assertThat(events(gateway))
                .extracting(e -> e.getTaskEvent().getNumber())
                .containsExactly(0L, 1L, 2L, 1L, 2L);
    }

    @Test
    void commands_and_input_reach_the_session_that_they_name() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var stream = gateway.agent().live(gateway.credentials.mint(node, 1));
        String session = TestAgent.sessionOf(stream);
        DispatchRecord run = DispatchRecord.newBuilder()
                .setDispatchId("d1")
                .setGatewayId(TestGateway.ID)
                .setNodeId(node)
                .setSessionId(session)
                .setRunTask(RunTask.newBuilder().setCommand("true"))
                .build();
        InputRecord input = InputRecord.newBuilder()
                .setGatewayId(TestGateway.ID)
                .setNodeId(node)
                .setSessionId(session)
                .setTerminalInput(TerminalInput.newBuilder().setTerminalId("t"))
                .build();
        gateway.router.dispatch(run.toByteArray());
        gateway.router.input(input.toByteArray());
        await().until(() -> stream.received().size() == 3);
        assertThat(stream.received().get(1).getRunTask().getCommand()).isEqualTo("true");
        assertThat(stream.received().get(2).getTerminalInput().getTerminalId()).isEqualTo("t");

        gateway.router.dispatch(run.toBuilder()
                .setGatewayId("gw_other")
                .setDispatchId("d2")
                .build()
                .toByteArray());
        gateway.router.dispatch(run.toBuilder()
                .setNodeId("nd_other")
                .setDispatchId("d3")
                .build()
                .toByteArray());
        gateway.router.input(input.toBuilder().setSessionId("ss_old").build().toByteArray());
        await().until(() -> events(gateway).size() == 2);
        assertThat(events(gateway).get(1).getNotHere().getDispatchId()).isEqualTo("d3");
        assertThat(gateway.count("inputs", "not-here")).isEqualTo(1);

        gateway.router.dispatch(run.toBuilder()
                .setCloseSession(
                        CloseSession.newBuilder().setCode("session-superseded").setDetail("newer"))
                .build()
                .toByteArray());
        assertThat(stream.awaitRefusal()).isEqualTo("session-superseded");
    }

    @Test
    void the_reason_of_an_end_is_never_longer_than_a_header_may_be() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var stream = gateway.agent().live(gateway.credentials.mint(node, 1));
        gateway.router.dispatch(DispatchRecord.newBuilder()
                .setGatewayId(TestGateway.ID)
                .setNodeId(node)
                .setSessionId(TestAgent.sessionOf(stream))
                .setCloseSession(
                        CloseSession.newBuilder().setCode("session-superseded").setDetail("\u4f60".repeat(50_000)))
                .build()
                .toByteArray());
        assertThat(stream.awaitRefusal()).isEqualTo("session-superseded");
        assertThat(stream.description()).hasSize(336).endsWith("...");
    }

    @Test
    void who_may_not_be_connected_is_told_why() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        TestAgent agent = gateway.agent();
        assertThat(agent.connect("nonsense").awaitRefusal()).isEqualTo("unauthenticated");
        assertThat(agent.connect(new Credentials(new byte[] {1}).mint(node, 1)).awaitRefusal())
                .isEqualTo("unauthenticated");
        assertThat(agent.connect(gateway.credentials.mint(node, 0)).awaitRefusal())
                .isEqualTo("credential-revoked");
        assertThat(agent.connect(gateway.credentials.mint(node, 2)).awaitRefusal())
                .isEqualTo("unavailable");
        gateway.directory.apply(node, TestGateway.record(node).setEnabled(false).build());
        assertThat(agent.connect(gateway.credentials.mint(node, 1)).awaitRefusal())
                .isEqualTo("node-disabled");
        gateway.directory.apply(node, null);
        assertThat(agent.connect(gateway.credentials.mint(node, 1)).awaitRefusal())
                .isEqualTo("node-deleted");
        gateway.drain();
        assertThat(agent.connect(gateway.credentials.mint(node, 1)).awaitRefusal())
                .isEqualTo("unavailable");
    }

    @Test
    void a_node_that_no_record_tells_of_is_gone_only_if_the_broker_answers() throws Exception {
        TestGateway answering = gateway(true);
        String node = answering.ids.make(Ids.Kind.NODE, 0);
        answering.agent().live(answering.credentials.mint(answering.newNode(), 1));
        await().until(() -> answering.control.lane().isHealthy());
        assertThat(answering
                        .agent()
                        .connect(answering.credentials.mint(node, 1))
                        .awaitRefusal())
                .isEqualTo("node-deleted");
        answering.close();
        TestGateway silent = gateway(false);
        assertThat(silent.agent().connect(silent.credentials.mint(node, 1)).awaitRefusal())
                .isEqualTo("unavailable");
    }

    @Test
    void a_credential_that_the_table_learns_of_a_little_later_is_let_in() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.ids.make(Ids.Kind.NODE, 0);
        var stream = gateway.agent().connect(gateway.credentials.mint(node, 1));
        stream.out().onNext(TestAgent.hello());
        gateway.directory.apply(node, TestGateway.record(node).build());
        await().until(() -> !stream.received().isEmpty());
        assertThat(stream.received().get(0).hasWelcome()).isTrue();
    }

    @Test
    void a_live_session_ends_when_its_node_is_disabled() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var stream = gateway.agent().live(gateway.credentials.mint(node, 1));
        gateway.directory.apply(node, TestGateway.record(node).setEnabled(false).build());
        assertThat(stream.awaitRefusal()).isEqualTo("node-disabled");
        assertThat(gateway.sessions.size()).isZero();
    }

    @Test
    void an_agent_that_says_nothing_is_cut() throws Exception {
        TestGateway gateway = gateway(true);
        var stream = gateway.agent().connect(gateway.credentials.mint(gateway.newNode(), 1));
        assertThat(stream.awaitRefusal()).isEqualTo("invalid");
    }

    @Test
    void an_agent_that_does_not_read_is_cut_before_it_costs_more_than_its_share() throws Exception {
        TestGateway gateway = gateway(true);
        String node = gateway.newNode();
        var stream = gateway.agent().connect(gateway.credentials.mint(node, 1), false);
        stream.out().onNext(TestAgent.hello());
        await().until(() -> !stream.received().isEmpty());
        String session = TestAgent.sessionOf(stream);
        byte[] run = DispatchRecord.newBuilder()
                .setGatewayId(TestGateway.ID)
                .setNodeId(node)
                .setSessionId(session)
                .setRunTask(RunTask.newBuilder().setCommand("x".repeat(10_000)))
                .build()
                .toByteArray();
        for (int i = 0; i < 100 && gateway.sessions.size() > 0; i++) {
            gateway.router.dispatch(run);
        }
        assertThat(gateway.sessions.size()).isZero();
        stream.out().request(1_000);
        assertThat(stream.awaitRefusal()).isEqualTo("rate-limited");
    }

    @Test
    void a_gateway_that_has_all_the_sessions_it_can_take_says_so() throws Exception {
        TestGateway gateway = gateway(true);
        for (int i = 0; i < 3; i++) {
            gateway.agent().live(gateway.credentials.mint(gateway.newNode(), 1));
        }
        var fourth = gateway.agent().connect(gateway.credentials.mint(gateway.newNode(), 1));
        fourth.out().onNext(TestAgent.hello());
        assertThat(fourth.awaitRefusal()).isEqualTo("unavailable");
        assertThat(gateway.sessions.size()).isEqualTo(3);
    }

    private TestGateway limited(Admission.Limits limits, long connectionAgeMillis) throws Exception {
        TestGateway gateway = new TestGateway(true, true, limits, connectionAgeMillis);
        open = gateway;
        return gateway;
    }

    private TestGateway gateway(boolean brokerAnswers) throws Exception {
        open = new TestGateway(brokerAnswers, true);
        return open;
    }

    private static List<NodeEventRecord> events(TestGateway gateway) throws Exception {
        List<NodeEventRecord> events = new ArrayList<>();
        for (byte[] value : gateway.control.values(Topic.NODE_EVENTS)) {
            events.add(NodeEventRecord.parseFrom(value));
        }
        return events;
    }

    private static AgentMessage event(TestGateway gateway, long number) {
        return AgentMessage.newBuilder()
                .setTaskEvent(TaskEvent.newBuilder()
                        .setNumber(number)
                        .setTaskId(gateway.ids.make(Ids.Kind.TASK, 0))
                        .setStarted(TaskStarted.getDefaultInstance()))
                .build();
    }
}
