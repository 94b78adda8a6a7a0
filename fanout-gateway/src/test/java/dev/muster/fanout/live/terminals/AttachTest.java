package dev.muster.fanout.live.terminals;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.live.session.RecordingOutbound;
import dev.muster.fanout.live.session.SessionBench;
import dev.muster.fanout.live.session.ViewerSession;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One terminal in a session: how it is shown, skipped, ended and typed into. */
class AttachTest {
    private static final String EARLIER = Ids.derive(Ids.Kind.TASK, "earlier");
    private static final String ATTACH_TEXT =
            "{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\",\"terminal\":\"" + TASK + "\",\"lines\":10}";

    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 3, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void a_slow_viewer_of_a_terminal_skips_is_told_and_sees_the_latest_lines() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        out.reading = false;
        for (int i = 0; i < 1_000; i++) {
            bench.fixture.registry.print(NODE, TASK, "line " + i + " " + "x".repeat(100));
        }
        int partition = StreamFixture.PARTITIONS.ofView("alice");
        bench.until(
                () -> bench.fixture.terminals.ring(partition).bounds().end() == bench.fixture.output.end(partition));
        out.reading = true;
        bench.until(() -> {
            out.take();
            return out.frames("lines").stream()
                    .anyMatch(frame -> frame.path("nextLine").asInt() == 1_000);
        });
        JsonNode skipped = out.frames("skipped").get(0);
        assertThat(skipped.path("scope").asText()).isEqualTo("lines");
        assertThat(skipped.path("to").asInt()).isEqualTo(800);
        bench.fixture.registry.print(NODE, TASK, "and on");
        bench.until(() -> out.frames("lines").stream()
                .anyMatch(frame -> frame.path("firstLine").asInt() == 1_000));
        List<Integer> covered = new ArrayList<>();
        for (JsonNode frame : out.frames) {
            if (frame.path("type").asText().equals("lines")) {
                for (int i = 0; i < frame.path("lines").size(); i++) {
                    covered.add(frame.path("firstLine").asInt() + i);
                }
            } else if (frame.path("type").asText().equals("skipped")) {
                for (int i = frame.path("from").asInt(); i < frame.path("to").asInt(); i++) {
                    covered.add(i);
                }
            }
        }
        assertThat(covered)
                .isEqualTo(
                        java.util.stream.IntStream.rangeClosed(0, 1_000).boxed().toList());
        assertThat(bench.count("records.accepted"))
                .isEqualTo(bench.count("records.sent") + bench.count("records.skipped"));
        assertThat(bench.history.used()).isZero();
    }

    @Test
    void withdrawn_access_ends_an_attach_and_a_lowered_role_too() {
        bench.fixture.registry.put(node(NODE, "bob", 1, Map.of("ops", Role.ROLE_RUN)));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice", "ops");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        bench.fixture.registry.put(node(NODE, "bob", 2, Map.of("ops", Role.ROLE_VIEW)));
        bench.until(() -> !out.frames("error").isEmpty());
        assertThat(out.frames("error").get(0).path("problem").path("code").asText())
                .isEqualTo("forbidden");
        assertThat(out.frames("error").get(0).path("ref").asText()).isEqualTo("a");
        assertThat(bench.watches.size()).isZero();

        bench.fixture.registry.put(node(NODE, "bob", 3, Map.of("ops", Role.ROLE_WATCH)));
        bench.until(() -> out.frames("node").size() == 2);
        session.onText(ATTACH_TEXT);
        bench.until(() -> out.frames("attached").size() == 2);
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("error").size() == 2);
        bench.fixture.registry.put(node(NODE, "bob", 4, Map.of()));
        bench.until(() -> out.frames("error").size() == 3);
        assertThat(out.frames("node-removed")).hasSize(1);
        assertThat(bench.watches.size()).isZero();
    }

    @Test
    void an_attach_to_a_queued_task_waits_and_one_that_never_ran_ends_with_its_reason() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.QUEUED));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        assertThat(out.frames("attached").get(0).path("nextLine").asInt()).isZero();
        bench.fixture.registry.put(
                task(TaskState.EXPIRED).toBuilder().setStartedAtMillis(0).build());
        bench.until(() -> !out.frames("ended").isEmpty());
        assertThat(out.frames("ended").get(0).path("exitCode").isNull()).isTrue();
        assertThat(out.frames("ended").get(0).path("reason").asText()).isEqualTo("EXPIRED");
    }

    @Test
    void the_latest_is_the_one_that_was_just_asked_for_but_not_one_that_waits_for_its_node() {
        Task ran = task(TaskState.SUCCEEDED).toBuilder().setTaskId(EARLIER).build();
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(ran);
        bench.fixture.registry.put(task(TaskState.QUEUED));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText("{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"" + NODE + "\"}");
        bench.until(() -> !out.frames("attached").isEmpty());
        assertThat(out.frames("attached").get(0).path("terminal").asText()).isEqualTo(TASK);

        bench.fixture.registry.put(node("alice", 2).toBuilder()
                .setState(NodeState.newBuilder().setNodeId(NODE).setStatus(NodeStatus.OFFLINE))
                .build());
        session.onText("{\"op\":\"attach\",\"ref\":\"b\",\"nodeId\":\"" + NODE + "\"}");
        bench.until(() -> out.frames("attached").size() == 2);
        assertThat(out.frames("attached").get(1).path("terminal").asText()).isEqualTo(EARLIER);
    }

    @Test
    void an_attach_to_a_finished_terminal_is_its_lines_and_its_end_without_a_lease() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.SUCCEEDED));
        bench.fixture.registry.print(NODE, TASK, "all of it");
        bench.fixture.registry.exit(NODE, TASK, 0);
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("ended").isEmpty());
        assertThat(out.frames.stream()
                        .map(frame -> frame.path("type").asText())
                        .filter(type -> !type.equals("node") && !type.equals("task"))
                        .toList())
                .containsExactly("opened", "snapshot", "attached", "lines", "ended");
        assertThat(bench.fixture.sink.watches()).isEmpty();
    }

    @Test
    void a_watch_that_is_not_answered_is_asked_again_and_then_given_up() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        bench.fixture.sink.onWatch(watch -> {});
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> bench.fixture.sink.watches().size() == 1);
        for (int i = 0; i < 12; i++) {
            bench.pass(Duration.ofMillis(2_100), session);
        }
        bench.until(() -> !out.frames("error").isEmpty());
        assertThat(out.frames("error").get(0).path("problem").path("code").asText())
                .isEqualTo("unavailable");
        assertThat(bench.fixture.sink.watches()).hasSize(13);
        assertThat(bench.watches.size()).isZero();
    }

    @Test
    void a_registry_that_answers_a_watch_only_when_it_was_asked_again_is_heard_all_the_same() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        bench.fixture.sink.onWatch(watch -> {});
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        for (int asked = 1; asked <= 3; asked++) {
            int times = asked;
            bench.until(() -> bench.fixture.sink.watches().size() == times);
            bench.pass(Duration.ofMillis(2_100), session);
        }
        bench.fixture.registry.watch(bench.fixture.sink.watches().get(0));
        bench.until(() -> !out.frames("attached").isEmpty());
    }

    @Test
    void input_that_nobody_can_take_is_told() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
        ViewerSession session = bench.open(out, null, "alice");
        bench.awaitSnapshot(out);
        session.onText(ATTACH_TEXT);
        bench.until(() -> !out.frames("attached").isEmpty());
        bench.fixture.sink.refuse(true);
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("input-undelivered").size() == 1);
        bench.fixture.registry.put(node("alice", 2).toBuilder()
                .setState(node("alice", 2).getState().toBuilder().clearSessionId())
                .build());
        bench.until(() -> out.frames("node").stream()
                .anyMatch(frame -> frame.path("node").path("version").asInt() == 2));
        session.onText("{\"op\":\"input\",\"ref\":\"a\",\"data\":\"x\"}");
        bench.until(() -> out.frames("input-undelivered").size() == 2);
        assertThat(out.frames("input-undelivered").get(1).path("reason").asText())
                .isEqualTo("not-connected");
    }
}
