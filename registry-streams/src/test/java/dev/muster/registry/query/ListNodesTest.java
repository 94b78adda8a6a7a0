package dev.muster.registry.query;

import static dev.muster.registry.query.QueryFixture.code;
import static dev.muster.registry.query.QueryFixture.names;
import static dev.muster.registry.query.QueryFixture.over;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.Role;
import dev.muster.registry.control.ControlFleet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lists of nodes: audiences, pages, filters, counts. */
class ListNodesTest {
    private final QueryFixture service = new QueryFixture();
    private final ControlFleet fleet = service.fleet;
    private final RegistryQueryGrpc.RegistryQueryBlockingStub queries = service.queries;

    @AfterEach
    void close() {
        service.close();
    }

    private ListNodesResponse list(ListNodesRequest.Builder request) {
        return queries.listNodes(request.build());
    }

    @Test
    void a_list_holds_each_node_once_whatever_the_audiences_that_see_it() {
        fleet.create("alice", "a1");
        fleet.create("bob", "b1", group("ops"));
        fleet.create("alice", "a2", group("ops"), group("dev"));
        fleet.create("carol", "c1");

        assertThat(names(list(over("user:alice", "group:ops", "group:dev"))))
                .containsExactlyInAnyOrder("a1", "a2", "b1");
        assertThat(names(list(over("fleet:*")))).containsExactlyInAnyOrder("a1", "a2", "b1", "c1");
        assertThat(names(list(over("fleet:0", "user:alice")))).hasSize(4);
        assertThat(names(list(over("user:stranger")))).isEmpty();
        assertThat(list(over("fleet:*")).getPositionMap()).containsOnlyKeys(0);
    }

    private static GroupGrant group(String name) {
        return GroupGrant.newBuilder().setGroup(name).setRole(Role.ROLE_VIEW).build();
    }

    @Test
    void pages_follow_each_other_without_gap_or_repeat_and_count_everything() {
        for (int i = 0; i < 7; i++) {
            fleet.create("alice", "n" + i);
        }
        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            ListNodesResponse page = list(over("user:alice").setLimit(3).setAfter(after));
            assertThat(page.getCountsMap()).containsOnlyKeys("NEVER_SEEN").containsEntry("NEVER_SEEN", 7L);
            page.getNodesList().forEach(view -> seen.add(view.getNode().getNodeId()));
            after = page.getNext();
        } while (!after.isEmpty());
        assertThat(seen).hasSize(7).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void filters_hold_together_and_counts_leave_out_only_the_status() {
        String online = fleet.create("alice", "Web-1");
        fleet.connect(online);
        fleet.create("alice", "web-2");
        fleet.create("alice", "db-1");

        assertThat(names(list(over("user:alice").setText("web")))).containsExactlyInAnyOrder("Web-1", "web-2");
        assertThat(names(list(over("user:alice").setText("HOST-1")))).containsExactly("Web-1");
        assertThat(names(list(over("user:alice").setText(online)))).containsExactly("Web-1");
        assertThat(names(list(over("user:alice").putLabels("name", "db-1")))).containsExactly("db-1");
        assertThat(names(list(over("user:alice").putLabels("name", "db-1").setText("web"))))
                .isEmpty();
        ListNodesResponse filtered =
                list(over("user:alice").addStatuses(NodeStatus.ONLINE).setText("web"));
        assertThat(names(filtered)).containsExactly("Web-1");
        assertThat(filtered.getCountsMap()).containsEntry("ONLINE", 1L).containsEntry("NEVER_SEEN", 1L);
    }

    @Test
    void a_removed_node_is_not_listed_and_the_position_is_behind_its_removal() {
        String nodeId = fleet.create("alice", "gone");
        long before = list(over("user:alice")).getPositionOrThrow(0);
        fleet.ask(nodeId, "alice", command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        ListNodesResponse after = list(over("user:alice"));
        assertThat(after.getNodesList()).isEmpty();
        assertThat(after.getCountsMap()).isEmpty();
        assertThat(after.getPositionOrThrow(0)).isEqualTo(before + 2);
    }

    @Test
    void a_list_without_audiences_or_with_a_bad_limit_is_invalid() {
        for (ListNodesRequest.Builder request : List.of(
                over(), over("user:alice").setLimit(0), over("user:alice").setLimit(10_001))) {
            assertThatThrownBy(() -> list(request))
                    .satisfies(e -> assertThat(code(e)).isEqualTo("invalid"));
        }
    }

    @Test
    void a_page_ends_before_it_is_too_large_for_one_answer() {
        int nodes = 9_000;
        for (int i = 0; i < nodes; i++) {
            CreateNode.Builder large = CreateNode.newBuilder().setName("n" + i);
            for (int label = 0; label < 4; label++) {
                large.putLabels("k".repeat(55) + label, "v".repeat(60));
            }
            fleet.ask(Ids.derive(Ids.Kind.NODE, "large" + i), "alice", command -> command.setCreateNode(large.build()));
        }
        ListNodesResponse page = list(over("user:alice").setLimit(nodes));
        assertThat(page.getNodesCount()).isBetween(100, nodes - 1);
        assertThat(page.getNext()).isNotEmpty();
    }

    @Test
    void an_unknown_label_or_status_matches_nothing() {
        fleet.create("alice", "web");
        assertThat(list(over("user:alice").putLabels("none", "x")).getNodesList())
                .isEmpty();
        assertThat(list(over("user:alice").addStatusesValue(99)).getNodesList()).isEmpty();
    }
}
