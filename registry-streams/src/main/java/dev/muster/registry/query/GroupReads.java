package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.GetTaskGroupRequest;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.store.v1.StoredGroup;
import dev.muster.registry.control.ControlStores;
import dev.muster.registry.terminal.read.ReadBudget;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Task groups, as the control app knows them. */
final class GroupReads {
    static final int MEMBERS_MAX = 1_000;

    private final StoreReads stores;
    private final Partitions partitions;

    GroupReads(StoreReads stores, Partitions partitions) {
        this.stores = stores;
        this.partitions = partitions;
    }

    GetTaskGroupResponse group(GetTaskGroupRequest request) {
        String groupId = request.getGroupId();
        int partition = partitions.ofNode(groupId);
        ReadOnlyKeyValueStore<String, StoredGroup> groups =
                StoreReads.reading(() -> stores.store(ControlStores.GROUPS, partition));
        ReadOnlyKeyValueStore<String, TaskGroupMember> members =
                StoreReads.reading(() -> stores.store(ControlStores.GROUP_MEMBERS, partition));
        return StoreReads.reading(() -> {
            StoredGroup stored = groups.get(groupId);
            if (stored == null) {
                throw new MusterException(ErrorCode.NOT_FOUND, "no task group " + groupId);
            }
            GetTaskGroupResponse.Builder response =
                    GetTaskGroupResponse.newBuilder().setGroup(stored.getGroup());
            int limit = Math.min(MEMBERS_MAX, request.getLimit());
            if (limit > 0) {
                page(members, groupId, request.getAfter(), limit, response);
            }
            return response.build();
        });
    }

    /** Of the partitions that the request names. */
    ListTaskGroupsResponse list(ListTaskGroupsRequest request, ReadBudget budget) {
        GroupPages.Newest found = new GroupPages.Newest(request.getLimit());
        for (int partition : request.getPartitionsList()) {
            ReadOnlyKeyValueStore<String, StoredGroup> groups =
                    StoreReads.reading(() -> stores.store(ControlStores.GROUPS, partition));
            StoreReads.reading(() -> {
                try (KeyValueIterator<String, StoredGroup> all = groups.all()) {
                    while (all.hasNext()) {
                        budget.spend(ViewReads.STEPS_PER_NODE);
                        TaskGroup group = all.next().value.getGroup();
                        if (partitions.ofNode(group.getGroupId()) == partition && GroupPages.isWanted(request, group)) {
                            found.add(group);
                        }
                    }
                }
                return found;
            });
        }
        return GroupPages.page(request.getLimit(), found.groups());
    }

    private static void page(
            ReadOnlyKeyValueStore<String, TaskGroupMember> members,
            String groupId,
            String after,
            int limit,
            GetTaskGroupResponse.Builder response) {
        String first = ControlStores.memberKey(groupId, after);
        try (KeyValueIterator<String, TaskGroupMember> range =
                members.range(first, ControlStores.lastMemberKey(groupId))) {
            while (range.hasNext()) {
                TaskGroupMember member = range.next().value;
                if (member.getNodeId().equals(after)) {
                    continue;
                }
                if (response.getMembersCount() == limit) {
                    response.setNext(response.getMembers(limit - 1).getNodeId());
                    return;
                }
                response.addMembers(member);
            }
        }
    }
}
