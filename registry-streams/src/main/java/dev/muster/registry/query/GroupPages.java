package dev.muster.registry.query;

import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.records.v1.TaskGroup;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** Pages of task groups, newest first, cut by count and by bytes. Pure. */
final class GroupPages {
    static final int GROUPS_MAX = 1_000;

    static final Comparator<TaskGroup> NEWEST_FIRST = Comparator.comparingLong(TaskGroup::getCreatedAtMillis)
            .thenComparing(TaskGroup::getGroupId)
            .reversed();

    private GroupPages() {}

    /** Whether it passes the filters and comes after the group that the page starts after. */
    static boolean isWanted(ListTaskGroupsRequest request, TaskGroup group) {
        boolean asked =
                request.getRequestedBy().isEmpty() || request.getRequestedBy().equals(group.getRequestedBy());
        boolean inState =
                request.getStatesCount() == 0 || request.getStatesList().contains(group.getState());
        return asked
                && inState
                && (request.getAfterGroupId().isEmpty() || NEWEST_FIRST.compare(group, after(request)) > 0);
    }

    /**
     * Takes groups in any order and keeps only those that a page needs: a page and one more, however many there are.
     */
    static final class Newest {
        private final int limit;
        private final NavigableSet<TaskGroup> groups = new TreeSet<>(NEWEST_FIRST);
        private long bytes;

        Newest(int limit) {
            this.limit = limit;
        }

        void add(TaskGroup group) {
            if (groups.add(group)) {
                bytes += group.getSerializedSize();
            }
            while (isPageWithoutLast()) {
                bytes -= groups.pollLast().getSerializedSize();
            }
        }

        private boolean isPageWithoutLast() {
            int others = groups.size() - 1;
            return others > limit
                    || (others > 1 && bytes - groups.last().getSerializedSize() > ViewReads.ANSWER_BYTES_MAX);
        }

        Collection<TaskGroup> groups() {
            return groups;
        }
    }

    static ListTaskGroupsResponse page(int limit, Collection<TaskGroup> groups) {
        ListTaskGroupsResponse.Builder page = ListTaskGroupsResponse.newBuilder();
        long bytes = 0;
        for (TaskGroup group : groups.stream().sorted(NEWEST_FIRST).toList()) {
            bytes += group.getSerializedSize();
            int size = page.getGroupsCount();
            if (size == Math.min(limit, GROUPS_MAX) || (size > 0 && bytes > ViewReads.ANSWER_BYTES_MAX)) {
                return page.setMore(true).build();
            }
            page.addGroups(group);
        }
        return page.build();
    }

    /**
     * Merges the pages of several instances into one. A page that is cut does not show what follows its last group, so
     * the merged page ends there too.
     */
    static ListTaskGroupsResponse merge(int limit, List<ListTaskGroupsResponse> pages) {
        Optional<TaskGroup> cut = pages.stream()
                .filter(page -> page.getMore() && page.getGroupsCount() > 0)
                .map(page -> page.getGroups(page.getGroupsCount() - 1))
                .min(NEWEST_FIRST);
        ListTaskGroupsResponse merged = page(
                limit,
                pages.stream()
                        .flatMap(page -> page.getGroupsList().stream())
                        .filter(group -> cut.isEmpty() || NEWEST_FIRST.compare(group, cut.get()) <= 0)
                        .toList());
        return cut.isEmpty() ? merged : merged.toBuilder().setMore(true).build();
    }

    private static TaskGroup after(ListTaskGroupsRequest request) {
        return TaskGroup.newBuilder()
                .setGroupId(request.getAfterGroupId())
                .setCreatedAtMillis(request.getAfterCreatedAtMillis())
                .build();
    }
}
