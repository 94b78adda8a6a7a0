package dev.muster.registry.query;

import static dev.muster.registry.query.QueryFixture.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupState;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages of task groups: from the stores of one instance, and out of the pages of several. */
class ListTaskGroupsTest {
    private final QueryFixture service = new QueryFixture();

    @AfterEach
    void close() {
        service.close();
    }

    private static String id(String name) {
        return Ids.derive(Ids.Kind.TASK_GROUP, name);
    }

    /** The registry of the test keeps two groups. */
    private void create(String name, String user) {
        String nodeId = service.fleet.create(user, "node-" + name);
        service.fleet.askGroup(
                id(name),
                user,
                command -> command.getCreateTaskGroupBuilder()
                        .putSelectorLabels("env", "prod")
                        .addNodeIds(nodeId)
                        .setTask(CreateTask.newBuilder().setCommand("true")));
    }

    private List<String> list(ListTaskGroupsRequest request) {
        List<String> ids = new ArrayList<>();
        ListTaskGroupsRequest next = request;
        while (true) {
            ListTaskGroupsResponse page = service.queries.listTaskGroups(next);
            page.getGroupsList().forEach(group -> ids.add(group.getGroupId()));
            if (!page.getMore()) {
                return ids;
            }
            TaskGroup last = page.getGroups(page.getGroupsCount() - 1);
            next = request.toBuilder()
                    .setAfterGroupId(last.getGroupId())
                    .setAfterCreatedAtMillis(last.getCreatedAtMillis())
                    .build();
        }
    }

    @Test
    void groups_of_all_partitions_are_paged_newest_first() {
        create("older", "alice");
        create("newer", "bob");
        for (int limit : new int[] {1, 2, 1_000}) {
            assertThat(list(ListTaskGroupsRequest.newBuilder().setLimit(limit).build()))
                    .containsExactly(id("newer"), id("older"));
        }
    }

    @Test
    void a_page_starts_after_its_group_even_if_that_is_forgotten_or_was_made_in_the_same_millisecond() {
        ListTaskGroupsRequest after = ListTaskGroupsRequest.newBuilder()
                .setLimit(10)
                .setAfterGroupId("tg_m")
                .setAfterCreatedAtMillis(5)
                .build();
        assertThat(Stream.of("tg_a 6", "tg_z 5", "tg_m 5", "tg_l 5", "tg_z 4")
                        .map(name -> name.split(" "))
                        .map(parts -> TaskGroup.newBuilder()
                                .setGroupId(parts[0])
                                .setCreatedAtMillis(Long.parseLong(parts[1]))
                                .build())
                        .filter(group -> GroupPages.isWanted(after, group))
                        .map(group -> group.getGroupId() + " " + group.getCreatedAtMillis()))
                .containsExactly("tg_l 5", "tg_z 4");
    }

    @Test
    void groups_are_chosen_by_who_asked_and_by_state() {
        create("hers", "alice");
        create("his", "bob");
        ListTaskGroupsRequest all =
                ListTaskGroupsRequest.newBuilder().setLimit(10).build();
        assertThat(list(all.toBuilder().setRequestedBy("alice").build())).containsExactly(id("hers"));
        assertThat(list(all.toBuilder().addStates(TaskGroupState.GROUP_RUNNING).build()))
                .containsExactly(id("his"), id("hers"));
        assertThat(list(all.toBuilder()
                        .addStates(TaskGroupState.GROUP_CANCELLED)
                        .build()))
                .isEmpty();
    }

    @Test
    void a_page_of_no_groups_is_refused() {
        for (int limit : new int[] {0, 1_001}) {
            assertThatThrownBy(() -> service.queries.listTaskGroups(
                            ListTaskGroupsRequest.newBuilder().setLimit(limit).build()))
                    .satisfies(e -> assertThat(code(e)).isEqualTo("invalid"));
        }
        assertThatThrownBy(() -> service.queries.listTaskGroups(ListTaskGroupsRequest.newBuilder()
                        .setLimit(1)
                        .addPartitions(-1)
                        .build()))
                .satisfies(e -> assertThat(code(e)).isEqualTo("invalid"));
    }

    @Test
    void while_a_store_restores_there_is_no_list_that_misses_some() {
        create("hers", "alice");
        service.stores.restoring = true;
        assertThatThrownBy(() -> service.queries.listTaskGroups(
                        ListTaskGroupsRequest.newBuilder().setLimit(1).build()))
                .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
    }

    @Test
    void a_page_of_several_instances_ends_where_the_first_of_them_was_cut() {
        ListTaskGroupsResponse cut = page(true, 9, 6);
        ListTaskGroupsResponse whole = page(false, 8, 3, 1);

        ListTaskGroupsResponse merged = GroupPages.merge(10, List.of(cut, whole));
        assertThat(times(merged)).containsExactly(9L, 8L, 6L);
        assertThat(merged.getMore()).isTrue();
        assertThat(times(GroupPages.merge(2, List.of(cut, whole)))).containsExactly(9L, 8L);
        assertThat(times(GroupPages.merge(10, List.of(whole, page(false, 2))))).containsExactly(8L, 3L, 2L, 1L);
        assertThat(GroupPages.merge(10, List.of(whole, page(false, 2))).getMore())
                .isFalse();
    }

    @Test
    void a_page_ends_early_where_its_groups_are_large() {
        String command = "x".repeat(1 << 20);
        List<TaskGroup> large = IntStream.range(0, 8)
                .mapToObj(i -> TaskGroup.newBuilder()
                        .setGroupId(id("large" + i))
                        .setTask(CreateTask.newBuilder().setCommand(command))
                        .build())
                .toList();
        ListTaskGroupsResponse page = GroupPages.page(100, large);
        assertThat(page.getMore()).isTrue();
        assertThat(page.getGroupsCount()).isBetween(1, 3);
    }

    @Test
    void a_page_of_many_groups_is_made_without_holding_them_all() {
        String command = "x".repeat(1 << 20);
        for (int limit : new int[] {1, 2, 100}) {
            GroupPages.Newest newest = new GroupPages.Newest(limit);
            List<TaskGroup> all = IntStream.range(0, 50)
                    .mapToObj(i -> TaskGroup.newBuilder()
                            .setGroupId(id("large" + i))
                            .setCreatedAtMillis(i * 7 % 50)
                            .setTask(CreateTask.newBuilder().setCommand(command))
                            .build())
                    .peek(newest::add)
                    .toList();
            assertThat(newest.groups()).hasSizeLessThanOrEqualTo(4);
            assertThat(GroupPages.page(limit, newest.groups())).isEqualTo(GroupPages.page(limit, all));
        }
    }

    private static ListTaskGroupsResponse page(boolean more, long... created) {
        ListTaskGroupsResponse.Builder page =
                ListTaskGroupsResponse.newBuilder().setMore(more);
        for (long millis : created) {
            page.addGroups(TaskGroup.newBuilder().setGroupId(id("g" + millis)).setCreatedAtMillis(millis));
        }
        return page.build();
    }

    private static List<Long> times(ListTaskGroupsResponse page) {
        return page.getGroupsList().stream().map(TaskGroup::getCreatedAtMillis).toList();
    }
}
