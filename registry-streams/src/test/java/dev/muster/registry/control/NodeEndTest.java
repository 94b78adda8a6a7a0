package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.store.v1.StoredNode;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes that are disabled, and nodes that are deleted. */
class NodeEndTest {
    private static final String OWNER = "user:alice";
    private static final String FLEET = "fleet:0";

    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    private ReplyRecord patch(Consumer<PatchNode.Builder> change) {
        PatchNode.Builder patch = PatchNode.newBuilder();
        change.accept(patch);
        return control.ask(user("alice"), command -> command.setPatchNode(patch));
    }

    private ReplyRecord delete(Actor actor) {
        return control.ask(actor, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
    }

    @Test
    void a_disabled_node_is_cut_off_takes_no_tasks_and_comes_back_when_enabled() {
        control.create();
        control.connect("session-1", 1, 1);
        control.skipOutput();

        patch(patch -> patch.setEnabled(false));
        assertThat(control.dispatches.readValue().getCloseSession().getCode()).isEqualTo("node-disabled");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.DISABLED);
        assertThat(control.run("t").getProblem().getCode()).isEqualTo("node-disabled");
        control.connect("session-2", 1, 2);
        assertThat(control.dispatches.readValue().getCloseSession().getCode()).isEqualTo("node-disabled");
        assertThat(control.join("first", "key").getProblem().getCode()).isEqualTo("node-disabled");
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.DISABLED);

        patch(patch -> patch.setEnabled(true));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.OFFLINE);
        control.connect("session-3", 1, 3);
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void a_node_that_was_never_seen_is_so_again_after_it_was_disabled() {
        control.create();
        patch(patch -> patch.setEnabled(false));
        patch(patch -> patch.setEnabled(true));
        assertThat(control.state().getStatus()).isEqualTo(NodeStatus.NEVER_SEEN);
    }

    @Test
    void a_deleted_node_is_gone_everywhere_and_nothing_late_revives_it() {
        control.create();
        control.join("first", "key");
        control.connect("session-1", 1, 1);
        control.run("t");
        control.skipOutput();

        ReplyRecord reply = delete(user("alice"));

        assertThat(reply.getNode().getDeleted()).isTrue();
        assertThat(reply.getAudiencesList()).containsExactly(FLEET, OWNER);
        assertThat(control.nodes.readKeyValue()).isEqualTo(new KeyValue<>(ControlDriver.NODE, null));
        assertThat(control.states.readKeyValue()).isEqualTo(new KeyValue<>(ControlDriver.NODE, null));
        assertThat(control.dispatches.readValue().getCloseSession().getCode()).isEqualTo("node-deleted");
        assertThat(control.views.readValuesToList()).hasSize(2).allSatisfy(view -> {
            assertThat(view.hasRemoved()).isTrue();
            assertThat(view.getViewVersion()).isEqualTo(reply.getViewVersion());
            assertThat(view.getAudiencesAfterList()).isEmpty();
        });
        assertThat(control.task("t").getState()).isEqualTo(TaskState.TASK_STATE_UNSPECIFIED);

        control.heartbeat("session-1");
        control.started("session-1", ControlDriver.AGENT, "t");
        control.connect("session-2", 1, 2);
        assertThat(control.dispatches.readValue().getCloseSession().getCode()).isEqualTo("node-deleted");
        control.pass(60_000);
        assertThat(control.create().getProblem().getCode()).isEqualTo("conflict");
        assertThat(control.join("first", "key").getProblem().getCode()).isEqualTo("node-deleted");
        assertThat(control.run("u").getProblem().getCode()).isEqualTo("not-found");
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.states.isEmpty()).isTrue();
        assertThat(control.nodes.isEmpty()).isTrue();
    }

    @Test
    void a_repeated_deletion_is_answered_alike() {
        control.create();
        ReplyRecord first = delete(user("alice"));
        ReplyRecord second = delete(user("alice"));

        assertThat(second.getNode()).isEqualTo(first.getNode());
        assertThat(second.getAudiencesList()).isEqualTo(first.getAudiencesList());
        assertThat(second.getViewVersion()).isEqualTo(first.getViewVersion());
        assertThat(delete(user("bob")).getProblem().getCode()).isEqualTo("not-found");
    }

    @Test
    void the_marker_of_a_deletion_goes_when_nothing_late_can_come_any_more() {
        control.create();
        control.connect("session-1", 1, 1);
        control.run("t");
        delete(user("alice"));
        control.pass(ControlDriver.MARKER_MILLIS - 2_000);
        assertThat(control.create().getProblem().getCode()).isEqualTo("conflict");
        assertThat(stored(ControlStores.NODES)).isEqualTo(1);

        control.pass(4_000);

        for (String store :
                List.of(ControlStores.NODES, ControlStores.STATES, ControlStores.QUEUES, ControlStores.TASKS)) {
            assertThat(stored(store)).as(store).isZero();
        }
        assertThat(control.run("u").getProblem().getCode()).isEqualTo("not-found");
    }

    @Test
    void a_marker_without_a_time_as_older_releases_left_it_goes_a_marker_s_life_after_it_is_met() {
        control.create();
        delete(user("alice"));
        KeyValueStore<String, StoredNode> nodes = control.driver.getKeyValueStore(ControlStores.NODES);
        nodes.put(
                ControlDriver.NODE,
                nodes.get(ControlDriver.NODE).toBuilder().clearDeletedAtMillis().build());
        control.pass(ControlDriver.MARKER_MILLIS + 2_000);
        assertThat(nodes.get(ControlDriver.NODE).getDeletedAtMillis()).isPositive();
        control.pass(ControlDriver.MARKER_MILLIS + 4_000);
        assertThat(nodes.get(ControlDriver.NODE)).isNull();
    }

    private int stored(String name) {
        int count = 0;
        KeyValueStore<Object, Object> store = control.driver.getKeyValueStore(name);
        try (var all = store.all()) {
            for (; all.hasNext(); all.next()) {
                count++;
            }
        }
        return count;
    }
}
