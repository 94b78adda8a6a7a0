package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.GATEWAY;
import static dev.muster.registry.control.ControlDriver.admin;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskStarted;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CancelTaskGroup;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.Connected;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupEvent;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.store.v1.StoredGroup;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TaskGroupsTest {
    private static final String GROUP = Ids.derive(Ids.Kind.TASK_GROUP, "a group");
    private static final Actor ALICE = user("alice");
    // in the order in which a group goes through them
    private static final List<String> NODES = IntStream.range(0, 5)
            .mapToObj(i -> Ids.derive(Ids.Kind.NODE, "node " + i))
            .sorted()
            .toList();

    private final ControlDriver control = new ControlDriver();

    @BeforeEach
    void connected() {
        for (String nodeId : NODES) {
            ask(
                    nodeId,
                    ALICE,
                    command -> command.setCreateNode(CreateNode.newBuilder().setName(nameOf(nodeId))));
            event(
                    nodeId,
                    event -> event.setConnected(Connected.newBuilder()
                            .setHello(Hello.newBuilder()
                                    .setInstanceId("instance")
                                    .setBootCounter(1)
                                    .setConnectSequence(1))
                            .setHeartbeatIntervalMillis(5_000)));
        }
        control.skipOutput();
    }

    @AfterEach
    void close() {
        control.close();
    }

    private static String nameOf(String nodeId) {
        return "name-" + nodeId.substring(4, 8);
    }

    private void ask(String nodeId, Actor actor, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder builder = CommandRecord.newBuilder()
                .setRequestId("request")
                .setNodeId(nodeId)
                .setActor(actor)
                .setAtMillis(control.nowMillis);
        command.accept(builder);
        control.commands.pipeInput(nodeId, builder.build().toByteArray(), control.nowMillis);
    }

    private void event(String nodeId, Consumer<NodeEventRecord.Builder> event) {
        NodeEventRecord.Builder builder = NodeEventRecord.newBuilder()
                .setNodeId(nodeId)
                .setSessionId("session " + nodeId)
                .setGatewayId(GATEWAY)
                .setInstanceId("instance")
                .setAtMillis(control.nowMillis);
        event.accept(builder);
        control.events.pipeInput(nodeId, builder.build().toByteArray(), control.nowMillis);
    }

    private ReplyRecord askGroup(String groupId, Actor actor, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder builder = CommandRecord.newBuilder()
                .setRequestId("request")
                .setReplyTo(GATEWAY)
                .setGroupId(groupId)
                .setActor(actor)
                .setAtMillis(control.nowMillis);
        command.accept(builder);
        control.commands.pipeInput(groupId, builder.build().toByteArray(), control.nowMillis);
        return control.replies.readValue();
    }

    private static CreateTaskGroup.Builder onAll(int concurrency) {
        return CreateTaskGroup.newBuilder()
                .putSelectorLabels("env", "prod")
                .addAllNodeIds(NODES)
                .setMaxConcurrency(concurrency)
                .setTask(CreateTask.newBuilder().setCommand("uptime").putEnv("SECRET", "s"));
    }

    private ReplyRecord create(CreateTaskGroup.Builder group) {
        return askGroup(GROUP, ALICE, command -> command.setCreateTaskGroup(group));
    }

    private void cancel(Actor actor) {
        askGroup(GROUP, actor, command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()));
    }

    private static String taskOn(String nodeId) {
        return Ids.derive(Ids.Kind.TASK, GROUP, nodeId);
    }

    private void ends(String nodeId, int exitCode) {
        ends(nodeId, exitCode, TaskEndCause.TASK_END_CAUSE_EXITED);
    }

    private void ends(String nodeId, int exitCode, TaskEndCause cause) {
        event(
                nodeId,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskOn(nodeId))
                        .setStarted(TaskStarted.newBuilder().setAtMillis(control.nowMillis))));
        event(
                nodeId,
                event -> event.setTaskEvent(TaskEvent.newBuilder()
                        .setTaskId(taskOn(nodeId))
                        .setEnded(TaskEnded.newBuilder()
                                .setAtMillis(control.nowMillis)
                                .setCause(cause)
                                .setExitCode(exitCode)
                                .setOutputBytes(7))));
    }

    /** Nodes that a command was sent to since this was asked last. */
    private List<String> begun() {
        return control.dispatches.readValuesToList().stream()
                .filter(DispatchRecord::hasRunTask)
                .map(DispatchRecord::getNodeId)
                .toList();
    }

    private TaskGroup group() {
        KeyValueStore<String, StoredGroup> groups = control.driver.getKeyValueStore(ControlStores.GROUPS);
        StoredGroup stored = groups.get(GROUP);
        return stored == null ? TaskGroup.getDefaultInstance() : stored.getGroup();
    }

    private TaskGroupMember member(String nodeId) {
        KeyValueStore<String, TaskGroupMember> members = control.driver.getKeyValueStore(ControlStores.GROUP_MEMBERS);
        return members.get(ControlStores.memberKey(GROUP, nodeId));
    }

    @Test
    void so_many_nodes_at_once_and_the_next_when_one_has_ended() {
        ReplyRecord reply = create(onAll(2));
        assertThat(reply.getTaskGroup().getNodes()).isEqualTo(5);
        assertThat(reply.getTaskGroup().getTask().getEnvMap()).isEmpty();
        assertThat(reply.getTaskGroup().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("REQUESTED", 2, "PENDING", 3));
        assertThat(begun()).containsExactlyElementsOf(NODES.subList(0, 2));

        ends(NODES.get(1), 0);
        assertThat(begun()).containsExactly(NODES.get(2));
        for (int i : new int[] {0, 2, 3, 4}) {
            assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_RUNNING);
            ends(NODES.get(i), 0);
        }
        assertThat(begun()).containsExactlyElementsOf(NODES.subList(3, 5));
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(group().getCountsMap()).containsExactlyEntriesOf(java.util.Map.of("SUCCEEDED", 5));
        TaskGroupMember member = member(NODES.get(4));
        assertThat(member.getName()).isEqualTo(nameOf(NODES.get(4)));
        assertThat(member.getExitCode()).isZero();
        assertThat(member.getOutputBytes()).isEqualTo(7);
        assertThat(control.deadLetters.isEmpty()).isTrue();
    }

    @Test
    void what_is_asked_of_a_node_is_the_whole_command() {
        create(onAll(1));
        DispatchRecord sent = control.dispatches.readValue();
        assertThat(sent.getRunTask().getCommand()).isEqualTo("uptime");
        assertThat(sent.getRunTask().getEnvMap()).containsEntry("SECRET", "s");
        assertThat(sent.getRunTask().getTaskId()).isEqualTo(taskOn(NODES.get(0)));
    }

    @Test
    void with_more_failures_than_allowed_no_further_node_begins_and_the_group_has_failed() {
        create(onAll(2).setMaxFailures(1));
        ends(NODES.get(0), 3);
        ends(NODES.get(1), 0);
        assertThat(begun()).containsExactlyElementsOf(NODES.subList(0, 4));
        ends(NODES.get(2), 0, TaskEndCause.TASK_END_CAUSE_START_FAILED);
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_FAILING);
        assertThat(group().getReason()).isEqualTo("more than 1 nodes failed");
        ends(NODES.get(3), 0);
        assertThat(begun()).isEmpty();
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(group().getEndedAtMillis()).isEqualTo(control.nowMillis);
        assertThat(group().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("SUCCEEDED", 2, "FAILED", 2, "PENDING", 1));
    }

    @Test
    void a_group_never_ends_before_it_was_asked_for_whichever_clock_is_ahead() {
        askGroup(
                GROUP,
                ALICE,
                command -> command.setAtMillis(control.nowMillis + 60_000).setCreateTaskGroup(onAll(5)));
        NODES.forEach(nodeId -> ends(nodeId, 0));
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(group().getEndedAtMillis())
                .isEqualTo(group().getCreatedAtMillis())
                .isEqualTo(control.nowMillis + 60_000);
    }

    @Test
    void failures_without_a_limit_stop_nothing_and_are_the_result() {
        create(onAll(5));
        NODES.forEach(nodeId -> ends(nodeId, nodeId.equals(NODES.get(2)) ? 9 : 0));
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(member(NODES.get(2)).getExitCode()).isEqualTo(9);
    }

    @Test
    void a_node_that_refuses_counts_as_failed_and_says_why() {
        ask(NODES.get(0), ALICE, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        create(onAll(1));
        TaskGroupMember member = member(NODES.get(0));
        assertThat(member.getState()).isEqualTo(TaskGroupMemberState.MEMBER_REFUSED);
        assertThat(member.getReason()).startsWith("not-found: ");
        assertThat(begun()).containsExactly(NODES.get(1));
    }

    @Test
    void who_may_not_run_something_on_a_node_is_refused_there() {
        askGroup(GROUP, user("mallory"), command -> command.setCreateTaskGroup(onAll(5)));
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        assertThat(group().getCountsMap()).containsEntry("REFUSED", 5);
        assertThat(begun()).isEmpty();
    }

    @Test
    void a_node_that_is_deleted_meanwhile_has_ended() {
        create(onAll(1));
        ask(NODES.get(0), ALICE, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(member(NODES.get(0)).getTaskState()).isEqualTo(TaskState.CANCELLED);
        assertThat(begun()).containsExactlyElementsOf(NODES.subList(0, 2));
    }

    @Test
    void a_cancelled_group_begins_nothing_more_and_ends_with_the_last_of_its_tasks() {
        create(onAll(2));
        ends(NODES.get(0), 0);
        control.skipOutput();
        cancel(ALICE);
        assertThat(control.replies.isEmpty()).isTrue();
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_CANCELLING);
        assertThat(control.dispatches.readValuesToList())
                .extracting(dispatch -> dispatch.getCancelTask().getTaskId())
                .containsExactly(taskOn(NODES.get(1)), taskOn(NODES.get(2)));
        cancel(ALICE);
        assertThat(control.dispatches.isEmpty()).isTrue();
        ends(NODES.get(1), 0, TaskEndCause.TASK_END_CAUSE_CANCELLED);
        ends(NODES.get(2), 0, TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_CANCELLED);
        assertThat(group().getReason()).isEqualTo("cancelled by alice");
        assertThat(begun()).isEmpty();
        assertThat(group().getCountsMap())
                .containsExactlyInAnyOrderEntriesOf(java.util.Map.of("SUCCEEDED", 1, "CANCELLED", 2, "PENDING", 2));
    }

    @Test
    void only_who_made_a_group_and_admins_can_cancel_it_and_only_before_its_end() {
        create(onAll(5));
        assertThat(askGroup(
                                GROUP,
                                user("mallory"),
                                command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()))
                        .getProblem()
                        .getCode())
                .isEqualTo("not-found");
        NODES.forEach(nodeId -> ends(nodeId, 0));
        assertThat(askGroup(GROUP, admin(), command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()))
                        .getProblem()
                        .getCode())
                .isEqualTo("task-ended");
    }

    @Test
    void a_repeated_request_is_the_same_group_and_another_one_a_conflict() {
        create(onAll(2));
        begun();
        assertThat(create(onAll(2).clearNodeIds().addNodeIds(NODES.get(0))).getTaskGroup())
                .isEqualTo(group());
        assertThat(create(onAll(3)).getProblem().getCode()).isEqualTo("conflict");
        assertThat(begun()).isEmpty();
    }

    @Test
    void what_is_late_or_repeated_changes_nothing() {
        create(onAll(2));
        ends(NODES.get(0), 0);
        begun();
        TaskGroup before = group();
        TaskGroupMember late =
                member(NODES.get(0)).toBuilder().setTaskState(TaskState.RUNNING).build();
        TaskGroupMember early = member(NODES.get(4)).toBuilder()
                .setState(TaskGroupMemberState.MEMBER_TASK)
                .setTaskState(TaskState.SUCCEEDED)
                .build();
        TaskGroupMember other = member(NODES.get(1)).toBuilder()
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
        assertThat(group()).isEqualTo(before);
        assertThat(begun()).isEmpty();
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
            ReplyRecord reply = create(bad.group());
            assertThat(reply.getProblem().getCode()).isEqualTo("invalid");
            assertThat(reply.getProblem().getDetail()).contains(bad.detail());
        }
        assertThat(group()).isEqualTo(TaskGroup.getDefaultInstance());
    }

    @Test
    void a_record_about_a_group_under_another_key_is_a_dead_letter() {
        CommandRecord record = CommandRecord.newBuilder()
                .setGroupId(GROUP)
                .setCreateTaskGroup(onAll(1))
                .build();
        control.commands.pipeInput("another", record.toByteArray(), control.nowMillis);
        assertThat(control.deadLetters.readValue().getReason()).isEqualTo("not-about-the-group");
        assertThat(group()).isEqualTo(TaskGroup.getDefaultInstance());
    }

    @Test
    void ended_groups_are_forgotten_by_count_and_by_age_with_all_their_members() {
        control.tick();
        String second = Ids.derive(Ids.Kind.TASK_GROUP, "second");
        String third = Ids.derive(Ids.Kind.TASK_GROUP, "third");
        create(onAll(5));
        assertThat(askGroup(second, ALICE, command -> command.setCreateTaskGroup(onAll(5)))
                        .hasTaskGroup())
                .isTrue();
        assertThat(askGroup(third, ALICE, command -> command.setCreateTaskGroup(onAll(5)))
                        .getProblem()
                        .getCode())
                .isEqualTo("too-many-tasks");
        NODES.forEach(nodeId -> ends(nodeId, 0));
        assertThat(group().getState()).isEqualTo(TaskGroupState.GROUP_SUCCEEDED);
        assertThat(askGroup(third, user("mallory"), command -> command.setCreateTaskGroup(onAll(5)))
                        .hasTaskGroup())
                .isTrue();
        assertThat(group()).isEqualTo(TaskGroup.getDefaultInstance());
        assertThat(member(NODES.get(0))).isNull();

        KeyValueStore<String, StoredGroup> groups = control.driver.getKeyValueStore(ControlStores.GROUPS);
        assertThat(groups.get(third).getGroup().getState()).isEqualTo(TaskGroupState.GROUP_FAILED);
        control.pass(119_000);
        assertThat(groups.get(third)).isNotNull();
        control.pass(120_000);
        assertThat(groups.get(third)).isNull();
        assertThat(groups.get(second)).isNotNull();
    }
}
