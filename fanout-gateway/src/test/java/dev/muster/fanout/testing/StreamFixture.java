package dev.muster.fanout.testing;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.log.Feed;
import dev.muster.fanout.log.ViewRecords;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.fanout.log.tokens.ResumeTokens;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** The live feed's surroundings in memory: two topics, their tails, a registry, a sink. */
public final class StreamFixture implements AutoCloseable {
    public static final String NODE = "nd_01j9zzzzzzzzzzzzzzzzzzzzzz";
    public static final String TASK = "tk_01j9zzzzzzzzzzzzzzzzzzzzzz";
    public static final Partitions PARTITIONS = new Partitions(4, 4, 2);

    public final MemoryTopic views = new MemoryTopic("views", 4, PARTITIONS::ofView);
    public final MemoryTopic output = new MemoryTopic("view-terminals", 4, PARTITIONS::ofView);
    public final FakeRegistryReads registry = new FakeRegistryReads(PARTITIONS, views, output);
    public final RecordingSink sink = new RecordingSink();
    public final AtomicBoolean away = new AtomicBoolean();
    public final PartitionTails changes;
    public final CatchUp older;
    public final PartitionTails terminals;
    public volatile ResumeTokens tokens = tokensOf("topic");

    public StreamFixture() {
        this(new PartitionTails.Limits(4 << 20, Duration.ofSeconds(60), 0));
    }

    public StreamFixture(PartitionTails.Limits limits) {
        RecordParser parser = new RecordParser(ViewRecords.changes());
        changes = new PartitionTails(
                "views",
                4,
                () -> new MemoryConsumer(views, away),
                parser,
                limits,
                () -> {},
                System::nanoTime,
                new Threads());
        older = new CatchUp(
                "views",
                4,
                () -> new MemoryConsumer(views, away),
                parser,
                changes::ring,
                new CatchUp.Limits(2, 64 << 10, Duration.ofSeconds(1), 1 << 20),
                System::nanoTime,
                new Threads());
        terminals = new PartitionTails(
                "view-terminals",
                4,
                () -> new MemoryConsumer(output, away),
                new RecordParser(ViewRecords.output()),
                limits,
                () -> {},
                System::nanoTime,
                new Threads());
        sink.onWatch(registry::watch);
        changes.start();
        older.start();
        terminals.start();
    }

    public Feed feed() {
        return new Feed(changes, older, terminals, PARTITIONS, () -> CompletableFuture.completedFuture(tokens));
    }

    private static ResumeTokens tokensOf(String topicId) {
        return new ResumeTokens(
                "a key of the tests".getBytes(StandardCharsets.UTF_8), new ClusterIdentity("cluster", topicId));
    }

    /** The gateway notices that the topic of views was recreated. */
    public void noticeNewViews(String topicId) {
        tokens = tokensOf(topicId);
        older.restart();
        changes.restart();
    }

    public static NodeView node(String id, String owner, long version, Map<String, Role> groups) {
        NodeRecord.Builder node = NodeRecord.newBuilder()
                .setNodeId(id)
                .setName("web-1")
                .setOwner(owner)
                .setEnabled(true);
        groups.forEach((group, role) ->
                node.addGroups(GroupGrant.newBuilder().setGroup(group).setRole(role)));
        return NodeView.newBuilder()
                .setNode(node)
                .setState(NodeState.newBuilder()
                        .setNodeId(id)
                        .setStatus(NodeStatus.ONLINE)
                        .setSessionId("ss_1")
                        .setGatewayId("gw_1"))
                .setViewVersion(version)
                .build();
    }

    public static NodeView node(String owner, long version) {
        return node(NODE, owner, version, Map.of());
    }

    /** Ids that sort as their numbers do. */
    public static String nodeId(int number) {
        return "nd_01j9zzzzzzzzzzzzzzzzzz%04d".formatted(number);
    }

    public static Task task(TaskState state) {
        return Task.newBuilder()
                .setTaskId(TASK)
                .setNodeId(NODE)
                .setState(state)
                .setCommand("make")
                .setRequestedBy("alice")
                .setCreatedAtMillis(1_700_000_000_000L)
                .setStartedAtMillis(state == TaskState.QUEUED ? 0 : 1_700_000_000_100L)
                .build();
    }

    @Override
    public void close() {
        older.close();
        changes.close();
        terminals.close();
    }
}
