package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.AGENT;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.Disconnected;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlMetricsTest {
    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    private double count(String name, String... tags) {
        return control.metrics.get(name).tags(tags).counter().count();
    }

    private double gauge(String name, String... tags) {
        return control.metrics.get(name).tags(tags).gauge().value();
    }

    @Test
    void nodes_are_counted_by_status() {
        control.tick();
        control.create();
        assertThat(gauge("muster.control.nodes", "status", "never-seen")).isEqualTo(1);
        control.connect("session-1", 1, 1);
        assertThat(gauge("muster.control.nodes", "status", "never-seen")).isZero();
        assertThat(gauge("muster.control.nodes", "status", "online")).isEqualTo(1);
        control.event("session-1", AGENT, event -> event.setDisconnected(Disconnected.getDefaultInstance()));
        assertThat(gauge("muster.control.nodes", "status", "offline")).isEqualTo(1);
        assertThat(count("muster.control.status.changes", "to", "offline")).isEqualTo(1);
        control.ask(user("alice"), command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(gauge("muster.control.nodes", "status", "offline")).isZero();
        control.ask(user("alice"), command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(gauge("muster.control.nodes", "status", "offline")).isZero();
    }

    @Test
    void tasks_sessions_commands_and_silences_are_counted() {
        control.tick();
        control.create();
        control.connect("session-1", 1, 1);
        control.connect("session-1", 1, 1);
        control.connect("session-2", 1, 2);
        control.connect("session-0", 1, 0);
        control.connect("session-3", "another-disk", 1, 0, hello -> {});
        assertThat(count("muster.control.sessions", "outcome", "current")).isEqualTo(3);
        assertThat(count("muster.control.sessions", "outcome", "repeated")).isEqualTo(1);
        assertThat(count("muster.control.sessions", "outcome", "refused")).isEqualTo(1);
        assertThat(count("muster.control.sessions.fenced")).isEqualTo(3);
        assertThat(count("muster.control.clones.suspected")).isEqualTo(1);

        control.run("one");
        assertThat(gauge("muster.control.tasks.open", "kind", "task")).isEqualTo(1);
        control.started("session-3", "another-disk", "one");
        control.ended("session-3", "another-disk", "one", TaskEndCause.TASK_END_CAUSE_EXITED, 0);
        assertThat(gauge("muster.control.tasks.open", "kind", "task")).isZero();
        assertThat(count("muster.control.tasks", "state", "running")).isEqualTo(1);
        assertThat(count("muster.control.tasks", "state", "succeeded")).isEqualTo(1);
        assertThat(count("muster.control.commands", "action", "task.create", "result", "ok"))
                .isEqualTo(1);
        control.pass(60_000);
        assertThat(count("muster.control.silences", "cause", "two-intervals")).isEqualTo(1);
        assertThat(count("muster.control.silences", "cause", "three-intervals")).isEqualTo(1);
    }

    @Test
    void a_thousand_heartbeats_of_an_idle_node_cost_hardly_a_write() {
        control.tick();
        control.create();
        control.connect("session-1", 1, 1);
        control.skipOutput();
        double writes = count("muster.control.state.writes");
        double views = count("muster.control.view.records");
        for (int beat = 0; beat < 1_000; beat++) {
            control.pass(50);
            control.heartbeat("session-1");
        }
        assertThat(count("muster.control.heartbeats", "outcome", "noted")).isEqualTo(1_000);
        assertThat(count("muster.control.state.writes")).isEqualTo(writes);
        assertThat(count("muster.control.view.records")).isEqualTo(views);
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.states.isEmpty()).isTrue();
    }

    @Test
    void what_is_not_active_here_any_more_is_not_counted_here() {
        control.create();
        control.stop();
        assertThat(gauge("muster.control.nodes", "status", "never-seen")).isZero();
    }
}
