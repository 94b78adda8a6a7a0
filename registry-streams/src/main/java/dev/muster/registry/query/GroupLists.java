package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Part;
import dev.muster.registry.instance.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Task groups are spread over all partitions: each instance is asked once for its share, the pages become one. */
final class GroupLists {
    private final Owners owners;
    private final Router router;
    private final Ask<ListTaskGroupsRequest, ListTaskGroupsResponse> ask;
    private final Answers answers;
    private final Partitions partitions;

    GroupLists(
            Owners owners,
            Router router,
            Ask<ListTaskGroupsRequest, ListTaskGroupsResponse> ask,
            Answers answers,
            Partitions partitions) {
        this.owners = owners;
        this.router = router;
        this.ask = ask;
        this.answers = answers;
        this.partitions = partitions;
    }

    /** Must be called on the thread and in the context of the call. Fails with the answer for the caller. */
    CompletableFuture<ListTaskGroupsResponse> list(ListTaskGroupsRequest request) {
        boolean known = request.getPartitionsList().stream().allMatch(p -> p >= 0 && p < partitions.node());
        if (request.getLimit() < 1 || request.getLimit() > GroupPages.GROUPS_MAX || !known) {
            return CompletableFuture.failedFuture(answers.failure(
                    new MusterException(ErrorCode.INVALID, "limit: expected 1 to " + GroupPages.GROUPS_MAX)));
        }
        if (request.getPartitionsCount() > 0) {
            return router.route(ask, request.getPartitions(0), request);
        }
        Map<Place, List<Integer>> shares = new LinkedHashMap<>();
        for (int partition = 0; partition < partitions.node(); partition++) {
            shares.computeIfAbsent(owners.active(Part.NODES, partition), place -> new ArrayList<>())
                    .add(partition);
        }
        // a share whose owner has changed meanwhile is refused there, as any read is, and the caller comes again
        List<CompletableFuture<ListTaskGroupsResponse>> pages = shares.values().stream()
                .map(share -> router.route(
                        ask,
                        share.get(0),
                        request.toBuilder().addAllPartitions(share).build()))
                .toList();
        return CompletableFuture.allOf(pages.toArray(CompletableFuture[]::new))
                .thenApply(all -> GroupPages.merge(
                        request.getLimit(),
                        pages.stream().map(CompletableFuture::join).toList()));
    }
}
