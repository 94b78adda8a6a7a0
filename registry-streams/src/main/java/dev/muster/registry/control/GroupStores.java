package dev.muster.registry.control;

import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.store.v1.StoredGroup;
import dev.muster.registry.group.GroupDraft;
import dev.muster.registry.group.MemberReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** One partition's task groups and their members. */
final class GroupStores {
    private final KeyValueStore<String, StoredGroup> groups;
    private final KeyValueStore<String, TaskGroupMember> members;

    GroupStores(ProcessorContext<?, ?> context) {
        groups = context.getStateStore(ControlStores.GROUPS);
        members = context.getStateStore(ControlStores.GROUP_MEMBERS);
    }

    GroupDraft load(String groupId, long nowMillis) {
        StoredGroup stored = groups.get(groupId);
        return new GroupDraft(
                groupId, nowMillis, stored == null ? StoredGroup.getDefaultInstance() : stored, new Members(groupId));
    }

    void write(GroupDraft draft) {
        if (!draft.stored().equals(draft.before())) {
            groups.put(draft.groupId(), draft.stored());
        }
        for (TaskGroupMember member : draft.changedMembers()) {
            members.put(ControlStores.memberKey(draft.groupId(), member.getNodeId()), member);
        }
    }

    void forget(String groupId) {
        groups.delete(groupId);
        List<String> nodeIds = new ArrayList<>();
        new Members(groupId).forEach(member -> nodeIds.add(member.getNodeId()));
        nodeIds.forEach(nodeId -> members.delete(ControlStores.memberKey(groupId, nodeId)));
    }

    void forEach(BiConsumer<String, StoredGroup> action) {
        try (KeyValueIterator<String, StoredGroup> all = groups.all()) {
            all.forEachRemaining(entry -> action.accept(entry.key, entry.value));
        }
    }

    private final class Members implements MemberReader {
        private final String groupId;

        Members(String groupId) {
            this.groupId = groupId;
        }

        @Override
        public Optional<TaskGroupMember> member(String nodeId) {
            return Optional.ofNullable(members.get(ControlStores.memberKey(groupId, nodeId)));
        }

        @Override
        public Optional<TaskGroupMember> after(String nodeId) {
            try (KeyValueIterator<String, TaskGroupMember> range = range(nodeId)) {
                while (range.hasNext()) {
                    TaskGroupMember next = range.next().value;
                    if (!next.getNodeId().equals(nodeId)) {
                        return Optional.of(next);
                    }
                }
                return Optional.empty();
            }
        }

        @Override
        public void forEach(Consumer<TaskGroupMember> action) {
            try (KeyValueIterator<String, TaskGroupMember> range = range("")) {
                range.forEachRemaining(entry -> action.accept(entry.value));
            }
        }

        private KeyValueIterator<String, TaskGroupMember> range(String from) {
            return members.range(ControlStores.memberKey(groupId, from), ControlStores.lastMemberKey(groupId));
        }
    }
}
