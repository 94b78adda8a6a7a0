package dev.muster.registry.query;

import dev.muster.contract.topics.Partitions;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.registry.instance.Hop;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Part;
import dev.muster.registry.instance.Peers;
import dev.muster.registry.instance.Place;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Lists over audiences whose views several instances may hold: each instance is asked for its share, and the pages are
 * merged.
 */
final class Lists {
    private final Owners owners;
    private final Peers peers;
    private final Answers answers;
    private final ViewReads views;
    private final ViewReads copies;
    private final Partitions partitions;
    private final ReadLanes lanes;

    /** @param copies reads standby stores too */
    Lists(
            Owners owners,
            Peers peers,
            Answers answers,
            ViewReads views,
            ViewReads copies,
            Partitions partitions,
            ReadLanes lanes) {
        this.owners = owners;
        this.peers = peers;
        this.answers = answers;
        this.views = views;
        this.copies = copies;
        this.partitions = partitions;
        this.lanes = lanes;
    }

    /** One list on its way. */
    private record Way(ListNodesRequest request, Hop hop, Context context) {}

    /** Must be called on the thread and in the context of the call. Fails with the answer for the caller. */
    CompletableFuture<ListNodesResponse> list(ListNodesRequest request) {
        Way way = new Way(request, Hop.current(), Context.current());
        SortedSet<String> audiences;
        try {
            audiences = views.audiences(request);
        } catch (RuntimeException e) {
            return failed(answers.failure(e));
        }
        Map<Place, SortedSet<String>> shares = shares(audiences, this::active);
        if (shares.keySet().stream().allMatch(Place::isHere)) {
            return withCopies(way, Place.HERE, audiences, read(way, budget -> views.list(request, audiences, budget)));
        }
        if (way.hop.last()) {
            return way.hop.stale() ? readCopies(way, audiences) : failed(answers.notMine());
        }
        boolean index = shares.size() > 1 && !audiences.stream().allMatch(audience -> audience.startsWith("fleet:"));
        List<CompletableFuture<ListNodesResponse>> pages = new ArrayList<>();
        shares.forEach((place, share) -> pages.add(withCopies(way, place, share, page(way, place, share, index))));
        return merged(way, pages);
    }

    private CompletableFuture<ListNodesResponse> page(Way way, Place place, SortedSet<String> share, boolean index) {
        return switch (place.kind()) {
            case MOVING -> failed(answers.moving());
            case HERE -> read(way, budget -> views.list(part(way, share, index), share, budget));
            case THERE -> ask(way, place, part(way, share, index));
        };
    }

    private CompletableFuture<ListNodesResponse> withCopies(
            Way way, Place place, SortedSet<String> share, CompletableFuture<ListNodesResponse> page) {
        if (!way.hop.stale()) {
            return page;
        }
        return page.exceptionallyCompose(failure -> {
            if (!answers.isUnavailable(Router.cause(failure))) {
                return failed(Router.cause(failure));
            }
            if (way.hop.last()) {
                return readCopies(way, share);
            }
            List<CompletableFuture<ListNodesResponse>> pages = new ArrayList<>();
            shares(share, audience -> standby(audience, place)).forEach((standby, audiences) -> {
                ListNodesRequest part = part(way, audiences, true);
                switch (standby.kind()) {
                    case HERE -> pages.add(readCopies(way, audiences));
                    case THERE -> pages.add(ask(way, standby, part));
                    case MOVING -> pages.add(failed(Router.cause(failure)));
                }
            });
            return merged(way, pages);
        });
    }

    private CompletableFuture<ListNodesResponse> merged(Way way, List<CompletableFuture<ListNodesResponse>> pages) {
        if (pages.size() == 1) {
            return pages.get(0);
        }
        return CompletableFuture.allOf(pages.toArray(CompletableFuture[]::new))
                .thenCompose(all -> read(
                        way,
                        budget -> MergedPages.merge(
                                way.request,
                                pages.stream().map(CompletableFuture::join).toList(),
                                ViewReads.ANSWER_BYTES_MAX)));
    }

    private CompletableFuture<ListNodesResponse> readCopies(Way way, SortedSet<String> audiences) {
        return read(way, budget -> {
            audiences.forEach(audience -> way.hop
                    .staleRecords()
                    .accumulateAndGet(owners.lag(Part.VIEWS, partitions.ofView(audience)), Math::max));
            return copies.list(part(way, audiences, true), audiences, budget);
        });
    }

    private CompletableFuture<ListNodesResponse> ask(Way way, Place place, ListNodesRequest request) {
        CompletableFuture<ListNodesResponse> answer = new CompletableFuture<>();
        way.context.run(() -> {
            var unused = peers.ask(place.address(), RegistryQueryGrpc.getListNodesMethod(), request, way.hop)
                    .whenComplete((page, failure) -> {
                        if (failure == null) {
                            answer.complete(page);
                        } else {
                            answer.completeExceptionally(
                                    answers.isNotMine(failure) ? answers.moving() : answers.ofPeer(failure));
                        }
                    });
        });
        return answer;
    }

    private CompletableFuture<ListNodesResponse> read(Way way, Function<ReadBudget, ListNodesResponse> read) {
        CompletableFuture<ListNodesResponse> answer = new CompletableFuture<>();
        lanes.control()
                .submit(
                        way.hop.user(),
                        way.request.getSerializedSize(),
                        ReadLanes.waitNanos(way.context),
                        () -> {
                            try {
                                answer.complete(read.apply(lanes.untilDeadlineOf(way.context)));
                            } catch (RuntimeException e) {
                                answer.completeExceptionally(answers.failure(e));
                            }
                        },
                        refusal -> answer.completeExceptionally(answers.failure(refusal)));
        return answer;
    }

    private static ListNodesRequest part(Way way, Collection<String> audiences, boolean index) {
        return way.request.toBuilder()
                .clearAudiences()
                .addAllAudiences(audiences)
                .setIndex(index || way.request.getIndex())
                .build();
    }

    private Place active(String audience) {
        return owners.active(Part.VIEWS, partitions.ofView(audience));
    }

    private Place standby(String audience, Place failed) {
        Optional<Place> standby = owners.standbys(Part.VIEWS, partitions.ofView(audience)).stream()
                .filter(place -> !place.equals(failed))
                .min((a, b) -> Boolean.compare(b.isHere(), a.isHere()));
        return standby.orElse(Place.MOVING);
    }

    private static Map<Place, SortedSet<String>> shares(Collection<String> audiences, Function<String, Place> place) {
        Map<Place, SortedSet<String>> shares = new LinkedHashMap<>();
        audiences.forEach(audience -> shares.computeIfAbsent(place.apply(audience), unused -> new TreeSet<>())
                .add(audience));
        return shares;
    }

    private static CompletableFuture<ListNodesResponse> failed(Throwable failure) {
        return CompletableFuture.failedFuture(failure);
    }
}
