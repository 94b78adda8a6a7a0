package dev.muster.registry.group;

import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.store.v1.StoredGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One group while one record is decided on; nothing is written before the decision is complete. Confined to the thread
 * of its partition.
 */
public final class GroupDraft {
    private final String groupId;
    private final long nowMillis;
    private final StoredGroup before;
    private final MemberReader reader;
    private final Map<String, TaskGroupMember> changed = new LinkedHashMap<>();
    private final List<CommandRecord> commands = new ArrayList<>();
    private StoredGroup stored;

    /**
     * @param nowMillis the partition's log time
     * @param stored default instance if there is none
     */
    public GroupDraft(String groupId, long nowMillis, StoredGroup stored, MemberReader reader) {
        this.groupId = groupId;
        this.nowMillis = nowMillis;
        this.before = stored;
        this.stored = stored;
        this.reader = reader;
    }

    public String groupId() {
        return groupId;
    }

    public long nowMillis() {
        return nowMillis;
    }

    public boolean exists() {
        return !stored.getGroup().getGroupId().isEmpty();
    }

    public StoredGroup before() {
        return before;
    }

    public StoredGroup stored() {
        return stored;
    }

    public TaskGroup group() {
        return stored.getGroup();
    }

    public Collection<TaskGroupMember> changedMembers() {
        return changed.values();
    }

    /** Requests to nodes, in order. */
    public List<CommandRecord> commands() {
        return commands;
    }

    void change(UnaryOperator<StoredGroup.Builder> change) {
        stored = change.apply(stored.toBuilder()).build();
    }

    void changeGroup(UnaryOperator<TaskGroup.Builder> change) {
        change(group -> group.setGroup(change.apply(group.getGroup().toBuilder())));
    }

    void put(TaskGroupMember member) {
        changed.put(member.getNodeId(), member);
    }

    void command(CommandRecord command) {
        commands.add(command);
    }

    Optional<TaskGroupMember> member(String nodeId) {
        TaskGroupMember here = changed.get(nodeId);
        return here != null ? Optional.of(here) : reader.member(nodeId);
    }

    /** Of a group whose members were stored before this decision. */
    Optional<TaskGroupMember> after(String nodeId) {
        return reader.after(nodeId).flatMap(stored -> member(stored.getNodeId()));
    }

    void forEach(Consumer<TaskGroupMember> action) {
        reader.forEach(member -> action.accept(changed.getOrDefault(member.getNodeId(), member)));
    }
}
