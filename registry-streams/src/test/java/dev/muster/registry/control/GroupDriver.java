package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.GATEWAY;
import static dev.muster.registry.control.ControlDriver.user;

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
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.store.v1.StoredGroup;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.streams.state.KeyValueStore;

/** One command on five nodes that are connected: what is asked for, what agents answer, and what came of it. */
final class GroupDriver implements AutoCloseable {
    static final String GROUP = Ids.derive(Ids.Kind.TASK_GROUP, "a group");
    static final Actor ALICE = user("alice");
    // in the order in which a group goes through them
    static final List<String> NODES = IntStream.range(0, 5)
            .mapToObj(i -> Ids.derive(Ids.Kind.NODE, "node " + i))
            .sorted()
            .toList();

    final ControlDriver control = new ControlDriver();

    GroupDriver() {
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

    @Override
    public void close() {
        control.close();
    }

    static String nameOf(String nodeId) {
        return "name-" + nodeId.substring(4, 8);
    }

    void ask(String nodeId, Actor actor, Consumer<CommandRecord.Builder> command) {
        CommandRecord.Builder builder = CommandRecord.newBuilder()
                .setRequestId("request")
                .setNodeId(nodeId)
                .setActor(actor)
                .setAtMillis(control.nowMillis);
        command.accept(builder);
        control.commands.pipeInput(nodeId, builder.build().toByteArray(), control.nowMillis);
    }

    void event(String nodeId, Consumer<NodeEventRecord.Builder> event) {
        NodeEventRecord.Builder builder = NodeEventRecord.newBuilder()
                .setNodeId(nodeId)
                .setSessionId("session " + nodeId)
                .setGatewayId(GATEWAY)
                .setInstanceId("instance")
                .setAtMillis(control.nowMillis);
        event.accept(builder);
        control.events.pipeInput(nodeId, builder.build().toByteArray(), control.nowMillis);
    }

    /** The agent's next session, of an agent with these capabilities. */
    void connectsAgain(String nodeId, String... capabilities) {
        event(
                nodeId,
                event -> event.setSessionId("later " + nodeId)
                        .setConnected(Connected.newBuilder()
                                .setHello(Hello.newBuilder()
                                        .setInstanceId("instance")
                                        .setBootCounter(1)
                                        .setConnectSequence(2)
                                        .addAllCapabilities(List.of(capabilities)))
                                .setHeartbeatIntervalMillis(5_000)));
    }

    ReplyRecord askGroup(String groupId, Actor actor, Consumer<CommandRecord.Builder> command) {
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

    static CreateTaskGroup.Builder onAll(int concurrency) {
        return CreateTaskGroup.newBuilder()
                .putSelectorLabels("env", "prod")
                .addAllNodeIds(NODES)
                .setMaxConcurrency(concurrency)
                .setTask(CreateTask.newBuilder().setCommand("uptime").putEnv("SECRET", "s"));
    }

    ReplyRecord create(CreateTaskGroup.Builder group) {
        return askGroup(GROUP, ALICE, command -> command.setCreateTaskGroup(group));
    }

    void cancel(Actor actor) {
        askGroup(GROUP, actor, command -> command.setCancelTaskGroup(CancelTaskGroup.getDefaultInstance()));
    }

    static String taskOn(String nodeId) {
        return Ids.derive(Ids.Kind.TASK, GROUP, nodeId);
    }

    void ends(String nodeId, int exitCode) {
        ends(nodeId, exitCode, TaskEndCause.TASK_END_CAUSE_EXITED);
    }

    void ends(String nodeId, int exitCode, TaskEndCause cause) {
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
    List<String> begun() {
        return control.dispatches.readValuesToList().stream()
                .filter(DispatchRecord::hasRunTask)
                .map(DispatchRecord::getNodeId)
                .toList();
    }

    TaskGroup group() {
        KeyValueStore<String, StoredGroup> groups = control.driver.getKeyValueStore(ControlStores.GROUPS);
        StoredGroup stored = groups.get(GROUP);
        return stored == null ? TaskGroup.getDefaultInstance() : stored.getGroup();
    }

    TaskGroupMember member(String nodeId) {
        KeyValueStore<String, TaskGroupMember> members = control.driver.getKeyValueStore(ControlStores.GROUP_MEMBERS);
        return members.get(ControlStores.memberKey(GROUP, nodeId));
    }
}
