package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.GATEWAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.DisconnectCause;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NotHere;
import dev.muster.proto.records.v1.SourceKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private final ControlDriver control = new ControlDriver();

    @BeforeEach
    void create() {
        control.create();
        control.tick();
    }

    @AfterEach
    void close() {
        control.close();
    }

    private void disconnect(String session) {
        control.event(
                session,
                AGENT,
                event -> event.setDisconnected(Disconnected.newBuilder().setReason("stream closed")));
    }

    private void assertClosed(String session, String code) {
        DispatchRecord dispatch = control.dispatches.readValue();
        assertThat(dispatch.getGatewayId()).isEqualTo(GATEWAY);
        assertThat(dispatch.getSessionId()).isEqualTo(session);
        assertThat(dispatch.getCloseSession().getCode()).isEqualTo(code);
        assertThat(control.dispatches.isEmpty()).isTrue();
    }

    @Test
    void a_connection_shows_what_the_agent_says_of_itself() {
        control.connect("session-1", 1, 1);

        NodeState state = control.state();
        assertThat(state.getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(state.getSessionId()).isEqualTo("session-1");
        assertThat(state.getGatewayId()).isEqualTo(GATEWAY);
        assertThat(state.getInstanceId()).isEqualTo(AGENT);
        assertThat(state.getAgentVersion()).isEqualTo("1.2.3");
        assertThat(state.getHost().getHostname()).isEqualTo("host-1");
        assertThat(state.getConnectedSinceMillis()).isEqualTo(control.nowMillis);
        assertThat(state.getLastSeenMillis()).isEqualTo(control.nowMillis);
    }

    @Test
    void a_newer_connection_of_the_agent_takes_over_and_the_older_is_closed() {
        control.connect("session-1", 1, 1);
        control.connect("session-2", 1, 2);
        assertClosed("session-1", "session-superseded");
        assertThat(control.state().getSessionId()).isEqualTo("session-2");

        control.connect("session-3", 2, 1);
        assertClosed("session-2", "session-superseded");
        assertThat(control.state().getSessionId()).isEqualTo("session-3");
    }

    @Test
    void an_older_connection_that_is_late_in_the_log_is_the_one_that_is_closed() {
        control.connect("session-2", 2, 1);
        control.connect("session-1", 1, 9);
        assertClosed("session-1", "session-superseded");
        assertThat(control.state().getSessionId()).isEqualTo("session-2");

        disconnect("session-2");
        control.connect("session-1b", 1, 10);
        assertClosed("session-1b", "session-superseded");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
    }

    @Test
    void of_two_instances_the_newest_in_the_log_wins() {
        control.connect("session-1", 9, 9);
        control.connect("session-2", "another-disk", 1, 1, hello -> {});
        assertClosed("session-1", "session-superseded");
        assertThat(control.state().getInstanceId()).isEqualTo("another-disk");
    }

    @Test
    void a_repeated_connection_changes_nothing() {
        control.connect("session-1", 1, 1);
        control.skipOutput();
        control.connect("session-1", 1, 1);
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.dispatches.isEmpty()).isTrue();
    }

    @Test
    void a_disconnected_node_is_offline_at_once() {
        control.connect("session-1", 1, 1);
        control.pass(3_000);
        disconnect("session-1");

        NodeState state = control.state();
        assertThat(state.getStatus()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(state.getStatusReason()).isEqualTo("disconnected: stream closed");
        assertThat(state.getSessionId()).isEmpty();
        assertThat(state.getLastSeenMillis()).isEqualTo(control.nowMillis);
    }

    @Test
    void the_end_of_a_session_that_is_not_current_changes_nothing() {
        control.connect("session-1", 1, 1);
        control.connect("session-2", 1, 2);
        control.skipOutput();
        disconnect("session-1");
        control.event("session-1", AGENT, event -> event.setNotHere(NotHere.getDefaultInstance()));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.views.isEmpty()).isTrue();
    }

    @Test
    void a_gateway_that_has_not_the_session_ends_it() {
        control.connect("session-1", 1, 1);
        control.event("session-1", "", event -> event.setNotHere(NotHere.getDefaultInstance()));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
    }

    @Test
    void a_connection_of_an_unknown_node_is_closed() {
        ControlDriver empty = new ControlDriver();
        try (empty) {
            empty.connect("session-1", 1, 1);
            assertThat(empty.dispatches.readValue().getCloseSession().getCode()).isEqualTo("node-deleted");
            assertThat(empty.states.isEmpty()).isTrue();
            assertThat(empty.views.isEmpty()).isTrue();
        }
    }

    @Test
    void an_event_under_another_key_or_of_a_newer_release_changes_nothing() {
        control.skipOutput();
        control.events.pipeInput(
                "another",
                NodeEventRecord.newBuilder()
                        .setNodeId(ControlDriver.NODE)
                        .build()
                        .toByteArray());
        assertThat(control.deadLetters.readValue().getReason()).isEqualTo("key-is-not-the-node");
        control.event("session-1", AGENT, event -> {});
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    // ------------------------------------------------------------ liveness

    @Test
    void a_silent_node_is_stale_and_then_offline_and_heard_again_online() {
        control.connect("session-1", 1, 1);
        long heard = control.nowMillis;
        control.pass(11_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        control.pass(1_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.STALE);
        control.pass(4_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.STALE);
        control.pass(1_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(control.state().getStatusReason()).isEqualTo("no heartbeat for 3 intervals");
        assertThat(control.state().getLastSeenMillis()).isEqualTo(heard);

        control.pass(60_000);
        control.heartbeat("session-1");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.state().getLastSeenMillis()).isEqualTo(control.nowMillis);
    }

    @Test
    void heartbeats_keep_a_node_online_and_an_idle_one_costs_a_write_per_refresh() {
        control.connect("session-1", 1, 1);
        control.skipOutput();
        for (int beat = 0; beat < 24; beat++) {
            control.pass(5_000);
            control.heartbeat("session-1");
        }
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.states.readValuesToList()).hasSize(2);
    }

    @Test
    void vitals_that_changed_much_are_shown_but_not_more_often_than_allowed() {
        control.connect("session-1", 1, 1);
        control.pass(5_000);
        control.skipOutput();
        control.heartbeat("session-1", Vitals.newBuilder().setCpuPercent(50).build());
        control.heartbeat("session-1", Vitals.newBuilder().setCpuPercent(90).build());
        assertThat(control.states.readValuesToList())
                .extracting(state -> state.getVitals().getCpuPercent())
                .containsExactly(50.0);
        control.pass(5_000);
        control.heartbeat("session-1", Vitals.newBuilder().setCpuPercent(91).build());
        assertThat(control.state().getVitals().getCpuPercent()).isEqualTo(91);
        assertThat(control.views.readValue().getNode().getState().getVitals().getCpuPercent())
                .isEqualTo(50);
    }

    @Test
    void a_heartbeat_without_vitals_leaves_those_that_were_known() {
        control.connect("session-1", 1, 1);
        control.pass(5_000);
        control.heartbeat("session-1", Vitals.newBuilder().setCpuPercent(50).build());
        for (int beat = 0; beat < 20; beat++) {
            control.pass(5_000);
            control.heartbeatWithoutVitals("session-1");
        }
        assertThat(control.state().getVitals().getCpuPercent()).isEqualTo(50);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void vitals_that_were_mended_are_not_taken_for_a_change_at_each_heartbeat() {
        control.connect("session-1", 1, 1);
        Vitals absurd = Vitals.newBuilder()
                .setCpuPercent(10)
                .setDiskUsedBytes(-1)
                .setDiskTotalBytes(1_000)
                .build();
        control.pass(5_000);
        control.heartbeat("session-1", absurd);
        control.skipOutput();
        for (int beat = 0; beat < 6; beat++) {
            control.pass(5_000);
            control.heartbeat("session-1", absurd);
        }
        assertThat(control.states.isEmpty()).isTrue();
    }

    @Test
    void heartbeats_of_a_session_that_is_not_current_do_not_count() {
        control.connect("session-1", 1, 1);
        control.connect("session-2", 1, 2);
        for (int beat = 0; beat < 4; beat++) {
            control.pass(5_000);
            control.heartbeat("session-1");
        }
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
    }

    @Test
    void an_outage_of_ours_makes_nobody_offline() {
        control.connect("session-1", 1, 1);
        control.nowMillis += 3_600_000;
        control.tick();
        control.pass(10_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void behind_a_silent_gateway_a_node_is_unknown_with_its_last_seen() {
        control.connect("session-1", 1, 1);
        long heard = control.nowMillis;
        control.skipOutput();
        control.passWithout(7_000, "registry", SourceKind.SOURCE_KIND_REGISTRY);
        NodeState state = control.state();
        assertThat(state.getStatus()).isEqualTo(NodeStatus.UNKNOWN);
        assertThat(state.getStatusReason()).isEqualTo("its gateway is silent");
        assertThat(state.getLastSeenMillis()).isEqualTo(heard);
        assertThat(control.views.readValuesToList()).hasSize(2);

        control.passWithout(600_000, "registry", SourceKind.SOURCE_KIND_REGISTRY);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.UNKNOWN);
        control.connect("session-2", 1, 2);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void a_node_whose_gateway_is_gone_and_that_does_not_come_back_is_offline() {
        control.connect("session-1", 1, 1);
        control.passWithout(70_000, "another gateway", SourceKind.SOURCE_KIND_INGRESS);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        assertThat(control.state().getStatusReason()).isEqualTo("it has not come back after its gateway fell silent");
    }

    @Test
    void a_node_whose_gateway_stops_is_expected_back() {
        control.connect("session-1", 1, 1);
        control.event(
                "session-1",
                AGENT,
                event -> event.setDisconnected(
                        Disconnected.newBuilder().setCause(DisconnectCause.DISCONNECT_CAUSE_GATEWAY_STOPS)));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.UNKNOWN);
        assertThat(control.state().getSessionId()).isEmpty();
        control.pass(59_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.UNKNOWN);
        control.pass(2_000);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        control.connect("session-2", 1, 2);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    // ------------------------------------------------------------ clones

    @Test
    void a_clone_is_shown_while_it_is_suspected_and_no_longer() {
        control.connect("session-1", "disk-1", 1, 1, hello -> {});
        assertThat(control.state().getCloneSuspected()).isFalse();
        control.connect("session-2", "disk-2", 1, 1, hello -> {});
        assertThat(control.state().getCloneSuspected()).isTrue();
        assertThat(control.state().getStatusReason()).contains("clone suspected");
        for (int beat = 0; beat < 119; beat++) {
            control.pass(5_000);
            control.heartbeat("session-2");
        }
        assertThat(control.state().getCloneSuspected()).isTrue();
        control.pass(5_000);
        control.heartbeat("session-2");
        control.pass(2_000);
        assertThat(control.state().getCloneSuspected()).isFalse();
        assertThat(control.state().getStatusReason()).isEqualTo("connected");
    }

    @Test
    void after_three_takeovers_in_a_minute_the_next_is_refused_and_shown_instead_of_flapping() {
        for (int takeover = 0; takeover <= 3; takeover++) {
            control.connect("session-" + takeover, "disk-" + takeover % 2, 1, takeover + 1, hello -> {});
        }
        assertThat(control.state().getSessionId()).isEqualTo("session-3");
        control.skipOutput();
        control.connect("session-4", "disk-0", 1, 9, hello -> {});
        assertClosed("session-4", "clone-suspected");
        assertThat(control.state().getSessionId()).isEqualTo("session-3");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.state().getStatusReason()).contains("is refused");
        assertThat(control.views.readValuesToList()).hasSize(2);

        // as long as it keeps trying, nothing changes and nothing is shown again
        for (int attempt = 0; attempt < 20; attempt++) {
            control.pass(5_000);
            control.heartbeat("session-3");
            control.connect("session-5-" + attempt, "disk-0", 1, 10 + attempt, hello -> {});
            assertClosed("session-5-" + attempt, "clone-suspected");
        }
        assertThat(control.views.isEmpty()).isTrue();

        // the same instance may come back, and when it is gone, the other one may
        control.connect("session-6", "disk-1", 1, 99, hello -> {});
        assertThat(control.state().getSessionId()).isEqualTo("session-6");
        disconnect("session-6");
        control.connect("session-7", "disk-0", 1, 99, hello -> {});
        assertThat(control.state().getSessionId()).isEqualTo("session-7");
    }

    @Test
    void a_lost_disk_whose_old_session_has_ended_is_no_clone() {
        control.connect("session-1", "disk-1", 1, 1, hello -> {});
        disconnect("session-1");
        control.connect("session-2", "disk-2", 1, 1, hello -> {});
        assertThat(control.state().getCloneSuspected()).isFalse();
    }

    @Test
    void two_processes_of_one_start_are_copies_and_after_three_takeovers_the_next_is_refused() {
        control.connect("session-0", AGENT, 5, 1, hello -> hello.setProcessId("one"));
        assertThat(control.state().getCloneSuspected()).isFalse();
        control.connect("session-1", AGENT, 5, 1, hello -> hello.setProcessId("two"));
        assertThat(control.state().getSessionId()).isEqualTo("session-1");
        assertThat(control.state().getCloneSuspected()).isTrue();
        assertThat(control.state().getStatusReason()).contains("clone suspected");
        control.connect("session-2", AGENT, 5, 2, hello -> hello.setProcessId("one"));
        control.connect("session-3", AGENT, 5, 2, hello -> hello.setProcessId("two"));
        control.skipOutput();
        control.connect("session-4", AGENT, 5, 3, hello -> hello.setProcessId("one"));
        assertClosed("session-4", "clone-suspected");
        assertThat(control.state().getSessionId()).isEqualTo("session-3");

        // the one that is there may connect again, however often
        control.connect("session-5", AGENT, 5, 3, hello -> hello.setProcessId("two"));
        assertThat(control.state().getSessionId()).isEqualTo("session-5");
    }

    @Test
    void a_copy_is_suspected_also_where_the_other_one_is_away_and_its_connects_are_fewer() {
        control.connect("session-1", AGENT, 5, 40, hello -> hello.setProcessId("one"));
        disconnect("session-1");
        control.connect("session-2", AGENT, 5, 1, hello -> hello.setProcessId("two"));
        assertThat(control.state().getSessionId()).isEqualTo("session-2");
        assertThat(control.state().getCloneSuspected()).isTrue();
    }

    @Test
    void a_copy_that_was_started_more_often_keeps_the_node_and_the_other_one_is_suspected_when_it_comes_again() {
        control.connect("session-1", AGENT, 5, 1, hello -> hello.setProcessId("one"));
        control.connect("session-2", AGENT, 7, 1, hello -> hello.setProcessId("two"));
        assertThat(control.state().getCloneSuspected()).isFalse();
        control.skipOutput();
        control.connect("session-3", AGENT, 5, 2, hello -> hello.setProcessId("one"));
        assertClosed("session-3", "session-superseded");
        assertThat(control.state().getCloneSuspected()).isFalse();
        control.connect("session-4", AGENT, 5, 3, hello -> hello.setProcessId("one"));
        assertClosed("session-4", "clone-suspected");
        assertThat(control.state().getSessionId()).isEqualTo("session-2");
        assertThat(control.state().getCloneSuspected()).isTrue();
    }

    @Test
    void a_restart_and_a_new_connection_of_the_same_process_are_no_copies() {
        control.connect("session-1", AGENT, 5, 1, hello -> hello.setProcessId("one"));
        control.connect("session-2", AGENT, 5, 2, hello -> hello.setProcessId("one"));
        control.connect("session-3", AGENT, 6, 1, hello -> hello.setProcessId("two"));
        control.connect("session-4", AGENT, 7, 1, hello -> {});
        control.connect("session-5", AGENT, 7, 2, hello -> {});
        assertThat(control.state().getSessionId()).isEqualTo("session-5");
        assertThat(control.state().getCloneSuspected()).isFalse();
    }

    @Test
    void a_process_of_an_earlier_start_has_the_node_again_once_the_copy_that_was_started_later_is_gone() {
        control.connect("session-1", AGENT, 5, 1, hello -> hello.setProcessId("one"));
        control.connect("session-2", AGENT, 7, 1, hello -> hello.setProcessId("two"));
        disconnect("session-2");
        control.skipOutput();
        control.connect("session-3", AGENT, 5, 2, hello -> hello.setProcessId("one"));
        assertClosed("session-3", "session-superseded");

        control.connect("session-4", AGENT, 5, 3, hello -> hello.setProcessId("one"));
        assertThat(control.state().getSessionId()).isEqualTo("session-4");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(control.state().getCloneSuspected()).isTrue();
        control.connect("session-5", AGENT, 5, 4, hello -> hello.setProcessId("one"));
        assertThat(control.state().getSessionId()).isEqualTo("session-5");
    }

    @Test
    void a_repeat_of_a_refused_connection_is_no_sign_of_a_copy() {
        control.connect("session-1", AGENT, 5, 1, hello -> hello.setProcessId("one"));
        control.connect("session-2", AGENT, 6, 1, hello -> hello.setProcessId("two"));
        control.skipOutput();
        for (int times = 0; times < 3; times++) {
            control.connect("session-late", AGENT, 5, 2, hello -> hello.setProcessId("one"));
            assertClosed("session-late", "session-superseded");
        }
        assertThat(control.state().getCloneSuspected()).isFalse();

        disconnect("session-2");
        control.connect("session-late", AGENT, 5, 2, hello -> hello.setProcessId("one"));
        assertClosed("session-late", "session-superseded");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
    }
}
