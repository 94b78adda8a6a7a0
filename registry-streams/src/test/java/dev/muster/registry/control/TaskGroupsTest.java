package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.admin;
import static dev.muster.registry.control.ControlDriver.user;
import static dev.muster.registry.control.GroupDriver.ALICE;
import static dev.muster.registry.control.GroupDriver.GROUP;
import static dev.muster.registry.control.GroupDriver.NODES;
import static dev.muster.registry.control.GroupDriver.nameOf;
import static dev.muster.registry.control.GroupDriver.onAll;
import static dev.muster.registry.control.GroupDriver.taskOn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.records.v1.CancelTaskGroup;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupEvent;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.store.v1.StoredGroup;
import java.util.List;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TaskGroupsTest {
    private final GroupDriver groups = new GroupDriver();
    private final ControlDriver control = groups.control;

    @AfterEach
    void close() {
        groups.close();
    }

    @Test
    void so_many_nodes_at_once_and_the_next_when_one_has_ended() {
        ReplyRecord reply = groups.create(onAll(2));
        assertThat(reply.getTaskGroup().getNodes()).isEqualTo(5);
        assertThat(reply.getTaskGroup().getTask().getEnvMap()).isEmpty();
        assertThat(reply.getTaskGroup().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("REQUESTED", 2, "PENDING", 3));
        assertThat(groups.begun()).containsExactlyElementsOf(NODES.subList(0, 2));

        groups.ends(NODES.get(1), 0);
        assertThat(groups.begun()).containsExactly(NODES.get(2));
        for (int i : new int[] {0, 2, 3, 4}) {
            assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_RUNNING);
            groups.ends(NODES.get(i), 0);
        }
        assertThat(groups.begun()).containsExactlyElementsOf(NODES.subList(3, 5));
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(groups.group().getCountsMap()).containsExactlyEntriesOf(java.util.Map.of("SUCCEEDED", 5));
        TaskGroupMember member = groups.member(NODES.get(4));
        assertThat(member.getName()).isEqualTo(nameOf(NODES.get(4)));
        assertThat(member.getExitCode()).isZero();
        assertThat(member.getOutputBytes()).isEqualTo(7);
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    @Test
    void what_is_asked_of_a_node_is_the_whole_command() {
        groups.create(onAll(1));
        DispatchRecord sent = control.dispatches.readValue();
        assertThat(sent.getRunTask().getCommand()).isEqualTo("uptime");
        assertThat(sent.getRunTask().getEnvMap()).containsEntry("SECRET", "s");
        assertThat(sent.getRunTask().getTaskId()).isEqualTo(taskOn(NODES.get(0)));
    }

    @Test
    void with_more_failures_than_allowed_no_further_node_begins_and_the_group_has_failed() {
        groups.create(onAll(2).setMaxFailures(1));
        groups.ends(NODES.get(0), 3);
        groups.ends(NODES.get(1), 0);
        assertThat(groups.begun()).containsExactlyElementsOf(NODES.subList(0, 4));
        groups.ends(NODES.get(2), 0, TaskEndCause.TASK_END_CAUSE_START_FAILED);
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_FAILING);
        assertThat(groups.group().getReason()).isEqualTo("more than 1 nodes failed");
        groups.ends(NODES.get(3), 0);
        assertThat(groups.begun()).isEmpty();
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(groups.group().getEndedAtMillis()).isEqualTo(control.nowMillis);
        assertThat(groups.group().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("SUCCEEDED", 2, "FAILED", 2, "PENDING", 1));
    }

    @Test
    void a_group_never_ends_before_it_was_asked_for_whichever_clock_is_ahead() {
        groups.askGroup(
                GROUP,
                ALICE,
                command -> command.setAtMillis(control.nowMillis + 60_000).setCreateTaskGroup(onAll(5)));
        NODES.forEach(nodeId -> groups.ends(nodeId, 0));
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(groups.group().getEndedAtMillis())
                .isEqualTo(groups.group().getCreatedAtMillis())
                .isEqualTo(control.nowMillis + 60_000);
    }

    @Test
    void failures_without_a_limit_stop_nothing_and_are_the_result() {
        groups.create(onAll(5));
        NODES.forEach(nodeId -> groups.ends(nodeId, nodeId.equals(NODES.get(2)) ? 9 : 0));
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(groups.member(NODES.get(2)).getExitCode()).isEqualTo(9);
    }

    @Test
    void a_node_that_refuses_counts_as_failed_and_says_why() {
        groups.ask(NODES.get(0), ALICE, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        groups.create(onAll(1));
        TaskGroupMember member = groups.member(NODES.get(0));
        assertThat(member.getState()).isEqualTo(TaskGroupMemberState.MEMBER_REFUSED);
        assertThat(member.getReason()).startsWith("not-found: ");
        assertThat(groups.begun()).containsExactly(NODES.get(1));
    }

    @Test
    void who_may_not_run_something_on_a_node_is_refused_there() {
        groups.askGroup(GROUP, user("mallory"), command -> command.setCreateTaskGroup(onAll(5)));
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(groups.group().getCountsMap()).containsEntry("REFUSED", 5);
        assertThat(groups.begun()).isEmpty();
    }

    @Test
    void a_node_that_is_deleted_meanwhile_has_ended() {
        groups.create(onAll(1));
        groups.ask(NODES.get(0), ALICE, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(groups.member(NODES.get(0)).getTaskState()).isEqualTo(TaskState.CANCELLED);
        assertThat(groups.begun()).containsExactlyElementsOf(NODES.subList(0, 2));
    }

    @Test
    void a_cancelled_group_begins_nothing_more_and_ends_with_the_last_of_its_tasks() {
        groups.create(onAll(2));
        groups.ends(NODES.get(0), 0);
        control.skipOutput();
        groups.cancel(ALICE);
        assertThat(control.replies.isEmpty()).isTrue();
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_CANCELLING);
        assertThat(control.dispatches.readValuesToList())
                .extracting(dispatch -> dispatch.getCancelTask().getTaskId())
                .containsExactly(taskOn(NODES.get(1)), taskOn(NODES.get(2)));
        groups.cancel(ALICE);
        assertThat(control.dispatches.isEmpty()).isTrue();
        groups.ends(NODES.get(1), 0, TaskEndCause.TASK_END_CAUSE_CANCELLED);
        groups.ends(NODES.get(2), 0, TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_CANCELLED);
        assertThat(groups.group().getReason()).isEqualTo("cancelled by alice");
        assertThat(groups.begun()).isEmpty();
        assertThat(groups.group().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("SUCCEEDED", 1, "CANCELLED", 2, "PENDING", 2));
    }

    @Test
    void only_who_made_a_group_and_admins_can_cancel_it_and_only_before_its_end() {
        groups.create(onAll(5));
        assertThat(groups.askGroup(
                                GROUP,
                                user("mallory"),
                                command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()))
                        .getProblem()
                        .getCode())
                .isEqualTo("not-found");
        NODES.forEach(nodeId -> groups.ends(nodeId, 0));
        assertThat(groups.askGroup(
                                GROUP,
                                admin(),
                                command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()))
                        .getProblem()
                        .getCode())
                .isEqualTo("task-ended");
    }

    @Test
    void a_repeated_request_is_the_same_group_and_another_one_a_conflict() {
        groups.create(onAll(2));
        groups.begun();
        assertThat(groups.create(onAll(2).clearNodeIds().addNodeIds(NODES.get(0)))
                        .getTaskGroup())
                .isEqualTo(groups.group());
        assertThat(groups.create(onAll(3)).getProblem().getCode()).isEqualTo("conflict");
        assertThat(groups.begun()).isEmpty();
    }

    @Test
    void what_is_late_or_repeated_changes_nothing() {
        groups.create(onAll(2));
        groups.ends(NODES.get(0), 0);
        groups.begun();
        TaskGroup before = groups.group();
        TaskGroupMember late = groups.member(NODES.get(0)).toBuilder()
                .setTaskState(TaskState.RUNNING)
                .build();
        TaskGroupMember early = groups.member(NODES.get(4)).toBuilder()
                .setState(TaskGroupMemberState.MEMBER_TASK)
                .setTaskState(TaskState.SUCCEEDED)
                .build();
        TaskGroupMember other = groups.member(NODES.get(1)).toBuilder()
                .setState(TaskGroupMemberState.MEMBER_TASK)
                .setTaskId("another")
                .build();
        for (TaskGroupMember said : List.of(late, early, other, TaskGroupMember.getDefaultInstance())) {
            CommandRecord record = CommandRecord.newBuilder()
                    .setGroupId(GROUP)
                    .setTaskGroupEvent(TaskGroupEvent.newBuilder().setMember(said))
                    .build();
            control.commands.pipeInput(GROUP, record.toByteArray(), control.nowMillis);
        }
        assertThat(groups.group()).isEqualTo(before);
        assertThat(groups.begun()).isEmpty();
    }

    @Test
    void what_is_invalid_is_refused() {
        String tooMany = "expected 1 to 6";
        record Bad(CreateTaskGroup.Builder group, String detail) {}
        for (Bad bad : List.of(
                new Bad(onAll(1).clearNodeIds(), tooMany),
                new Bad(onAll(1).addAllNodeIds(NODES), tooMany),
                new Bad(onAll(1).addNodeIds(NODES.get(0)), "there twice"),
                new Bad(onAll(1).addNodeIds("x"), "not an id"),
                new Bad(onAll(1).setMaxConcurrency(-1), "too large"),
                new Bad(onAll(1).setTask(CreateTask.getDefaultInstance()), "either command or argv"))) {
            ReplyRecord reply = groups.create(bad.group());
            assertThat(reply.getProblem().getCode()).isEqualTo("invalid");
            assertThat(reply.getProblem().getDetail()).contains(bad.detail());
        }
        assertThat(groups.group()).isEqualTo(TaskGroup.getDefaultInstance());
    }

    @Test
    void a_record_about_a_group_under_another_key_is_a_dead_letter() {
        CommandRecord record = CommandRecord.newBuilder()
                .setGroupId(GROUP)
                .setCreateTaskGroup(onAll(1))
                .build();
        control.commands.pipeInput("another", record.toByteArray(), control.nowMillis);
        assertThat(control.deadLetters.readValue().getReason()).isEqualTo("not-about-the-group");
        assertThat(groups.group()).isEqualTo(TaskGroup.getDefaultInstance());
    }

    @Test
    void ended_groups_are_forgotten_by_count_and_by_age_with_all_their_members() {
        control.tick();
        String second = Ids.derive(Ids.Kind.TASK_GROUP, "second");
        String third = Ids.derive(Ids.Kind.TASK_GROUP, "third");
        groups.create(onAll(5));
        assertThat(groups.askGroup(second, ALICE, command -> command.setCreateTaskGroup(onAll(5)))
                        .hasTaskGroup())
                .isTrue();
        assertThat(groups.askGroup(third, ALICE, command -> command.setCreateTaskGroup(onAll(5)))
                        .getProblem()
                        .getCode())
                .isEqualTo("too-many-tasks");
        NODES.forEach(nodeId -> groups.ends(nodeId, 0));
        assertThat(groups.group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(groups.askGroup(third, user("mallory"), command -> command.setCreateTaskGroup(onAll(5)))
                        .hasTaskGroup())
                .isTrue();
        assertThat(groups.group()).isEqualTo(TaskGroup.getDefaultInstance());
        assertThat(groups.member(NODES.get(0))).isNull();

        KeyValueStore<String, StoredGroup> kept = control.driver.getKeyValueStore(ControlStores.GROUPS);
        assertThat(kept.get(third).getGroup().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        control.pass(119_000);
        assertThat(kept.get(third)).isNotNull();
        control.pass(120_000);
        assertThat(kept.get(third)).isNull();
        assertThat(kept.get(second)).isNotNull();
    }
}
