package dev.muster.e2e.simulation;

import com.google.protobuf.ByteString;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CancelTaskCommand;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.JoinNode;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Users and their wishes: the records that their gateways would write to the topic of commands. */
final class Operator {
    private static final Actor ALICE = Actor.newBuilder().setUser("alice").build();

    private final World world;
    private final Map<String, String> tasks = new LinkedHashMap<>();
    private int requests;

    Operator(World world) {
        this.world = world;
    }

    /** Ids of all tasks that were asked for, with their nodes. */
    Map<String, String> tasks() {
        return tasks;
    }

    void createNode(String name, String nodeId) {
        ByteString invite = ByteString.copyFrom(Ids.sha256(name.getBytes(StandardCharsets.US_ASCII)));
        ask(
                nodeId,
                command -> command.setCreateNode(CreateNode.newBuilder()
                        .setName(name)
                        .setInvite(InviteGrant.newBuilder()
                                .setSha256(invite)
                                .setExpiresAtMillis(VirtualTime.START_MILLIS + 3_600_000))));
        ask(
                nodeId,
                command -> command.setJoinNode(JoinNode.newBuilder()
                        .setInviteSha256(invite)
                        .setPublicKey(ByteString.copyFromUtf8("key of " + name))));
    }

    void run(String nodeId) {
        String taskId = Ids.derive(Ids.Kind.TASK, nodeId, Integer.toString(tasks.size()));
        tasks.put(taskId, nodeId);
        CreateTask.Builder task = CreateTask.newBuilder().setTaskId(taskId).setCommand("print");
        if (world.chance.oneIn(4)) {
            task.setPty(WindowSize.newBuilder().setCols(80).setRows(24));
        }
        if (world.chance.oneIn(6)) {
            task.setTimeoutMillis(world.chance.between(1_000, 10_000));
        }
        if (world.chance.oneIn(6)) {
            task.setTtlMillis(world.chance.between(1_000, 20_000));
        }
        world.note("task " + taskId + " is asked for");
        ask(nodeId, command -> command.setCreateTask(task));
        if (world.mishap(8)) {
            // the gateway had no answer and asks again
            ask(nodeId, command -> command.setCreateTask(task));
        }
    }

    void cancelOne() {
        if (!tasks.isEmpty()) {
            List<Map.Entry<String, String>> all = new ArrayList<>(tasks.entrySet());
            Map.Entry<String, String> one = world.chance.of(all.subList(Math.max(0, all.size() - 4), all.size()));
            world.note("task " + one.getKey() + " is to be cancelled");
            ask(
                    one.getValue(),
                    command ->
                            command.setCancelTask(CancelTaskCommand.newBuilder().setTaskId(one.getKey())));
        }
    }

    /** Labels change, and who may see the node. */
    void patch(String nodeId) {
        PatchNode.Builder patch = PatchNode.newBuilder().putLabels("n", Integer.toString(requests));
        if (world.chance.oneIn(2)) {
            var groups = patch.getGroupsBuilder();
            if (world.chance.oneIn(2)) {
                groups.addGroups(GroupGrant.newBuilder().setGroup("ops").setRole(Role.ROLE_RUN));
            }
        }
        ask(nodeId, command -> command.setPatchNode(patch));
    }

    private void ask(String nodeId, Consumer<CommandRecord.Builder> what) {
        CommandRecord.Builder command = CommandRecord.newBuilder()
                .setRequestId("request-" + ++requests)
                .setNodeId(nodeId)
                .setActor(ALICE)
                .setAtMillis(world.time.wallMillis());
        what.accept(command);
        byte[] key = nodeId.getBytes(StandardCharsets.US_ASCII);
        world.log.append(
                Topic.COMMANDS,
                world.log.partitions().ofNode(nodeId),
                key,
                command.build().toByteArray(),
                world.time.wallMillis());
    }
}
