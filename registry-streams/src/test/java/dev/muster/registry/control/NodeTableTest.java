package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.DisconnectCause;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.registry.node.NodeTransitions;
import dev.muster.registry.node.NodeTransitions.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every status of a node and everything that is reported about it. What the table says happens; for an empty cell,
 * nothing is shown. Silence depends on time: see {@link SessionsTest}.
 */
class NodeTableTest {
    private static final List<Event> SAID = List.of(
            Event.CONNECTED, Event.HEARTBEAT, Event.DISCONNECTED, Event.DISABLE, Event.ENABLE, Event.ENABLE_UNSEEN);

    private final ControlDriver control = new ControlDriver();
    private boolean seen;

    @AfterEach
    void close() {
        control.close();
    }

    record Cell(NodeStatus now, Event event) {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (NodeStatus status : NodeStatus.values()) {
            if (status != NodeStatus.NODE_STATUS_UNSPECIFIED && status != NodeStatus.UNRECOGNIZED) {
                SAID.forEach(event -> cells.add(new Cell(status, event)));
            }
        }
        return cells;
    }

    @Test
    void there_are_six_statuses() {
        assertThat(cells()).hasSize(6 * SAID.size());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell_holds(Cell cell) {
        reach(cell);
        NodeState before = control.state();
        assertThat(before.getStatus()).isEqualTo(cell.now());
        control.skipOutput();

        bring(cell.event());

        Optional<NodeStatus> next = NodeTransitions.next(cell.now(), cell.event());
        if (next.isPresent()) {
            assertThat(control.state().getStatus()).isEqualTo(next.get());
            assertThat(control.views.readValuesToList())
                    .isNotEmpty()
                    .allSatisfy(view ->
                            assertThat(view.getNode().getState().getStatus()).isEqualTo(next.get()));
        } else {
            assertThat(control.state().getStatus()).isEqualTo(cell.now());
            assertThat(control.state().getStatusReason()).isEqualTo(before.getStatusReason());
            boolean sessionEnded = !control.state().getSessionId().equals(before.getSessionId());
            assertThat(control.views.isEmpty()).isEqualTo(!sessionEnded);
        }
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    private void reach(Cell cell) {
        control.create();
        control.tick();
        seen = cell.now() != NodeStatus.NEVER_SEEN
                && !(cell.now() == NodeStatus.DISABLED && cell.event() == Event.ENABLE_UNSEEN);
        if (seen) {
            control.connect("session-1", 1, 1);
        }
        switch (cell.now()) {
            case STALE -> control.pass(2 * ControlDriver.INTERVAL_MILLIS + 3_000);
            case OFFLINE -> control.pass(4 * ControlDriver.INTERVAL_MILLIS);
            // its gateway is silent
            case UNKNOWN -> control.passWithout(7_000, "another gateway", SourceKind.SOURCE_KIND_INGRESS);
            case DISABLED -> bring(Event.DISABLE);
            default -> {
                // there already
            }
        }
    }

    private void bring(Event event) {
        switch (event) {
            case CONNECTED -> control.connect("session-2", 1, 2);
            case HEARTBEAT -> control.heartbeat("session-1");
            case DISCONNECTED -> stops(DisconnectCause.DISCONNECT_CAUSE_UNSPECIFIED);
            case DISABLE -> patch(false);
            case ENABLE, ENABLE_UNSEEN -> patch(true);
            default -> throw new AssertionError(event);
        }
    }

    private void patch(boolean enabled) {
        control.ask(
                user("alice"),
                command -> command.setPatchNode(PatchNode.newBuilder().setEnabled(enabled)));
    }

    private void stops(DisconnectCause cause) {
        control.event(
                "session-1",
                AGENT,
                event -> event.setDisconnected(Disconnected.newBuilder().setCause(cause)));
    }

    @ParameterizedTest
    @EnumSource(value = DisconnectCause.class, mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
    void every_cause_of_a_disconnect_has_its_status(DisconnectCause cause) {
        assertDisconnect(cause.getNumber(), cause == DisconnectCause.DISCONNECT_CAUSE_GATEWAY_STOPS);
    }

    @Test
    void a_cause_of_a_newer_release_is_the_node_s_own() {
        assertDisconnect(99, false);
    }

    private void assertDisconnect(int cause, boolean expectedBack) {
        control.create();
        control.connect("session-1", 1, 1);
        control.nowMillis += 1_000;
        control.event(
                "session-1",
                AGENT,
                event -> event.setDisconnected(
                        Disconnected.newBuilder().setCauseValue(cause).setReason("why")));
        assertThat(control.state().getStatus()).isEqualTo(expectedBack ? NodeStatus.UNKNOWN : NodeStatus.OFFLINE);
        assertThat(control.state().getStatusReason())
                .isEqualTo(expectedBack ? "its gateway has stopped" : "disconnected: why");
        assertThat(control.state().getSessionId()).isEmpty();
        assertThat(control.state().getLastSeenMillis()).isEqualTo(control.nowMillis);
    }
}
