package dev.muster.registry.control;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.store.v1.StoredGroup;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.proto.store.v1.StoredState;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Stores of the control app: small, so in memory, and restored from their changelogs.
 *
 * <pre>
 * control-nodes     node id                    record, invites, who joined
 * control-states    node id                    state, session, view version
 * control-queues    node id                    sequences of open and of ended tasks
 * control-tasks     node id | sequence (hex)   task
 * control-task-ids  node id | task id          sequence
 * control-groups         group id              task group
 * control-group-members  group id | node id    one node's share of it
 * </pre>
 */
public final class ControlStores {
    public static final String NODES = "control-nodes";
    public static final String STATES = "control-states";
    public static final String QUEUES = "control-queues";
    public static final String TASKS = "control-tasks";
    public static final String TASK_IDS = "control-task-ids";

    public static final String GROUPS = "control-groups";
    public static final String GROUP_MEMBERS = "control-group-members";

    /** All of them. */
    public static final List<String> NAMES = List.of(NODES, STATES, QUEUES, TASKS, TASK_IDS, GROUPS, GROUP_MEMBERS);

    /** How changelogs are kept: small segments, so that compaction gets at what a restart would have to read. */
    public static final Map<String, String> CHANGELOG = Map.of(
            "cleanup.policy", "compact",
            "min.cleanable.dirty.ratio", "0.3",
            "max.compaction.lag.ms", "3600000",
            "delete.retention.ms", "3600000",
            "segment.bytes", Integer.toString(32 << 20));

    private ControlStores() {}

    /** Makes them, each for its partition. */
    public static List<StoreBuilder<?>> builders() {
        return List.of(
                builder(NODES, StoredNode.parser()),
                builder(STATES, StoredState.parser()),
                builder(QUEUES, StoredQueue.parser()),
                builder(TASKS, Task.parser()),
                builder(TASK_IDS, Serdes.Long()),
                builder(GROUPS, StoredGroup.parser()),
                builder(GROUP_MEMBERS, TaskGroupMember.parser()));
    }

    public static String taskKey(String nodeId, long sequence) {
        return nodeId + "|" + String.format("%016x", sequence);
    }

    public static String memberKey(String groupId, String nodeId) {
        return groupId + "|" + nodeId;
    }

    /** Sorts after all members of the group. */
    public static String lastMemberKey(String groupId) {
        return groupId + "}";
    }

    public static String taskIdKey(String nodeId, String taskId) {
        return nodeId + "|" + taskId;
    }

    private static <T extends Message> StoreBuilder<KeyValueStore<String, T>> builder(String name, Parser<T> parser) {
        return builder(name, new ProtoSerde<>(parser));
    }

    private static <T> StoreBuilder<KeyValueStore<String, T>> builder(String name, Serde<T> serde) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), serde)
                .withLoggingEnabled(CHANGELOG)
                .withCachingDisabled();
    }
}
