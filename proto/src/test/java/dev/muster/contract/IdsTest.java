package dev.muster.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
    private final Ids ids = new Ids();

    @Test
    void made_ids_are_valid_differ_and_sort_by_time() {
        String early = ids.make(Ids.Kind.NODE, 1_700_000_000_000L);
        String late = ids.make(Ids.Kind.NODE, 1_700_000_000_001L);
        assertThat(Ids.isId(Ids.Kind.NODE, early)).isTrue();
        assertThat(Ids.isId(Ids.Kind.TASK, early)).isFalse();
        assertThat(early).isLessThan(late);
        assertThat(ids.make(Ids.Kind.NODE, 1)).isNotEqualTo(ids.make(Ids.Kind.NODE, 1));
    }

    @Test
    void derived_ids_depend_on_every_part_and_on_where_it_ends() {
        String id = Ids.derive(Ids.Kind.TASK, "alice", "nd_1", "key");
        assertThat(Ids.isId(Ids.Kind.TASK, id)).isTrue();
        assertThat(Ids.derive(Ids.Kind.TASK, "alice", "nd_1", "key")).isEqualTo(id);
        assertThat(Ids.derive(Ids.Kind.TASK, "alicen", "d_1", "key")).isNotEqualTo(id);
    }

    @Test
    void an_invite_names_its_node() {
        String node = ids.make(Ids.Kind.NODE, 5);
        assertThat(Ids.nodeOfInvite(ids.makeInvite(node))).isEqualTo(node);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mji_", "mji_nd_0_x", "../../etc/passwd"})
    void what_is_no_invite_names_no_node(String text) {
        assertThat(Ids.nodeOfInvite(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "-a", "a-", "a b", "a/b", "ä", "<script>", "a\n"})
    void bad_node_names_are_refused(String name) {
        assertThat(Ids.isNodeName(name)).isFalse();
    }

    @Test
    void a_node_is_seen_by_its_owner_its_groups_and_one_shard_of_the_admins() {
        Partitions partitions = new Partitions(8, 8, 4);
        NodeRecord node = NodeRecord.newBuilder()
                .setNodeId("nd_x")
                .setOwner("alice")
                .addGroups(GroupGrant.newBuilder().setGroup("ops"))
                .build();
        assertThat(Audiences.ofNode(node, partitions))
                .containsExactly(partitions.fleetAudience("nd_x"), "group:ops", "user:alice");
        assertThat(Audiences.ofNode(node.toBuilder().setDeleted(true).build(), partitions))
                .isEmpty();
        assertThat(Audiences.ofSession("root", List.of(), true, partitions))
                .hasSize(8)
                .contains(partitions.fleetAudience("nd_x"));
        assertThat(Audiences.ofSession("bob", List.of("ops"), false, partitions))
                .containsExactly("group:ops", "user:bob");
    }
}
