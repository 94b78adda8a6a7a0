package dev.muster.registry.control;

import static dev.muster.proto.records.v1.NodeStatus.DISABLED;
import static dev.muster.proto.records.v1.NodeStatus.NEVER_SEEN;
import static dev.muster.proto.records.v1.NodeStatus.NODE_STATUS_UNSPECIFIED;
import static dev.muster.proto.records.v1.NodeStatus.OFFLINE;
import static dev.muster.proto.records.v1.NodeStatus.ONLINE;
import static dev.muster.proto.records.v1.NodeStatus.STALE;
import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.NODE;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.StatusChange;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One record for each change of a status, and none for anything else. */
class StatusChangesTest {
    private final ControlDriver control = new ControlDriver();
    private final List<NodeStatus> logged = new ArrayList<>(List.of(NODE_STATUS_UNSPECIFIED));

    @AfterEach
    void close() {
        control.close();
    }

    @Test
    void each_change_of_a_node_s_life_is_there_once_with_its_cause() {
        control.create();
        assertThat(changed(NEVER_SEEN).getCause()).isEqualTo(control.state().getStatusReason());
        control.tick();

        control.connect("session-1", 1, 1);
        StatusChange online = changed(ONLINE);
        assertThat(online.getCause()).isEqualTo("connected");
        assertThat(online.getAtMillis()).isEqualTo(control.nowMillis);

        control.heartbeat("session-1");
        control.connect("session-2", 1, 2);
        control.run("task");
        control.started("session-2", AGENT, "task");
        nothingChanged();

        control.pass(13_000);
        changed(STALE);
        control.pass(1_000);
        nothingChanged();
        control.heartbeat("session-2");
        assertThat(changed(ONLINE).getCause()).isEqualTo("heard again");
        control.pass(13_000);
        changed(STALE);
        control.pass(10_000);
        changed(OFFLINE);
        control.connect("session-3", 1, 3);
        changed(ONLINE);
        Disconnected gone = Disconnected.newBuilder().setReason("bye").build();
        control.event("session-3", AGENT, event -> event.setDisconnected(gone));
        changed(OFFLINE);
        control.event("session-3", AGENT, event -> event.setDisconnected(gone));
        nothingChanged();

        patch(PatchNode.newBuilder().setEnabled(false));
        changed(DISABLED);
        patch(PatchNode.newBuilder().setEnabled(false));
        patch(PatchNode.newBuilder().setName("other"));
        nothingChanged();
        patch(PatchNode.newBuilder().setEnabled(true));
        changed(OFFLINE);

        control.ask(user("alice"), command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(changed(NODE_STATUS_UNSPECIFIED).getCause()).isEqualTo("deleted");
        control.ask(user("alice"), command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        nothingChanged();
    }

    private void patch(PatchNode.Builder patch) {
        control.ask(user("alice"), command -> command.setPatchNode(patch));
    }

    private StatusChange changed(NodeStatus to) {
        List<KeyValue<String, StatusChange>> changes = control.statusChanges.readKeyValuesToList();
        assertThat(changes).hasSize(1);
        StatusChange change = changes.get(0).value;
        assertThat(changes.get(0).key).isEqualTo(NODE);
        assertThat(change.getNodeId()).isEqualTo(NODE);
        assertThat(change.getFrom()).isEqualTo(logged.get(logged.size() - 1));
        assertThat(change.getTo()).isEqualTo(to).isEqualTo(control.state().getStatus());
        logged.add(to);
        return change;
    }

    private void nothingChanged() {
        assertThat(control.statusChanges.isEmpty()).isTrue();
    }
}
