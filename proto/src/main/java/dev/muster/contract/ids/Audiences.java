package dev.muster.contract.ids;

import dev.muster.contract.topics.Partitions;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/** Who sees a node: its owner, its groups and the admins' shard. Each change is written once per audience. */
public final class Audiences {
    private Audiences() {}

    public static String ofUser(String user) {
        return "user:" + user;
    }

    public static String ofGroup(String group) {
        return "group:" + group;
    }

    /** Sorted; empty for a deleted node. */
    public static SortedSet<String> ofNode(NodeRecord node, Partitions partitions) {
        SortedSet<String> audiences = new TreeSet<>();
        if (node.getDeleted() || node.getNodeId().isEmpty()) {
            return audiences;
        }
        audiences.add(ofUser(node.getOwner()));
        for (GroupGrant grant : node.getGroupsList()) {
            audiences.add(ofGroup(grant.getGroup()));
        }
        audiences.add(partitions.fleetAudience(node.getNodeId()));
        return audiences;
    }

    /** The audiences of a session: all fleet shards for an admin, else the user and the groups. */
    public static SortedSet<String> ofSession(
            String user, Collection<String> groups, boolean admin, Partitions partitions) {
        SortedSet<String> audiences = new TreeSet<>();
        if (admin) {
            for (int shard = 0; shard < partitions.node(); shard++) {
                audiences.add("fleet:" + shard);
            }
            return audiences;
        }
        audiences.add(ofUser(user));
        groups.forEach(group -> audiences.add(ofGroup(group)));
        return audiences;
    }
}
