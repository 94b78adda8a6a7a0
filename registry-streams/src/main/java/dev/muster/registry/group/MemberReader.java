package dev.muster.registry.group;

import dev.muster.proto.records.v1.TaskGroupMember;
import java.util.Optional;
import java.util.function.Consumer;

/** Stored members of one group. */
public interface MemberReader {
    Optional<TaskGroupMember> member(String nodeId);

    /** The first whose node id is greater. */
    Optional<TaskGroupMember> after(String nodeId);

    void forEach(Consumer<TaskGroupMember> action);
}
