package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.kit.process.Threads;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.registry.instance.Hop;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Part;
import dev.muster.registry.instance.Peers;
import dev.muster.registry.instance.Place;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Parks requests until the view stores show the awaited version, without a thread for each. For views of other
 * instances, the request waits there. If a view moves meanwhile, the request follows it.
 */
final class ViewWait implements AutoCloseable {
    private static final long LOOK_AGAIN_MILLIS = 100;

    private final Waiters waiters;
    private final ViewReads views;
    private final ReadLane lane;
    private final Owners owners;
    private final Peers peers;
    private final Answers answers;
    private final Partitions partitions;
    private final int millisMax;
    private final ScheduledExecutorService timer;

    ViewWait(
            Waiters waiters,
            ViewReads views,
            ReadLane lane,
            Owners owners,
            Peers peers,
            Answers answers,
            Partitions partitions,
            int millisMax,
            Threads threads) {
        this.waiters = waiters;
        this.views = views;
        this.lane = lane;
        this.owners = owners;
        this.peers = peers;
        this.answers = answers;
        this.partitions = partitions;
        this.millisMax = millisMax;
        timer = threads.timer("registry-await");
    }

    /**
     * Fails with a MusterException or a gRPC status: unavailable after the time, invalid for a request that cannot be
     * awaited.
     */
    CompletableFuture<Void> await(AwaitNodeRequest request, Hop hop, Context context) {
        Set<String> audiences = Set.copyOf(new HashSet<>(request.getAudiencesList()));
        if (audiences.size() > ViewReads.AUDIENCES_MAX) {
            return CompletableFuture.failedFuture(
                    new MusterException(ErrorCode.INVALID, "audiences: more than " + ViewReads.AUDIENCES_MAX));
        }
        Wait wait = new Wait(request, hop, context, audiences);
        if (audiences.isEmpty()) {
            wait.result.complete(null);
            return wait.result;
        }
        ScheduledFuture<?> timeout = timer.schedule(
                () -> wait.fail(new MusterException(ErrorCode.UNAVAILABLE, "the change is not visible yet")),
                millisMax,
                TimeUnit.MILLISECONDS);
        Context.CancellationListener cancelled =
                ended -> wait.fail(new MusterException(ErrorCode.UNAVAILABLE, "the caller no longer waits"));
        context.addListener(cancelled, Runnable::run);
        var unused = wait.result.whenComplete((done, failure) -> {
            timeout.cancel(false);
            context.removeListener(cancelled);
            wait.cancelAll();
        });
        wait.begin(audiences);
        return wait.result;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** One request. Its parts go on by themselves, each for audiences that are together. */
    private final class Wait {
        private final AwaitNodeRequest request;
        private final Hop hop;
        private final Context context;
        private final CompletableFuture<Void> result = new CompletableFuture<>();
        private final Set<String> missing;
        private final List<Waiters.Waiter> here = new ArrayList<>();

        Wait(AwaitNodeRequest request, Hop hop, Context context, Set<String> audiences) {
            this.request = request;
            this.hop = hop;
            this.context = context;
            missing = new HashSet<>(audiences);
        }

        void begin(Collection<String> audiences) {
            if (result.isDone()) {
                return;
            }
            Map<Place, List<String>> places = new HashMap<>();
            audiences.forEach(audience -> places.computeIfAbsent(place(audience), unused -> new ArrayList<>())
                    .add(audience));
            places.forEach((place, those) -> {
                if (place.isHere()) {
                    awaitHere(those);
                } else if (hop.last()) {
                    fail(answers.notMine());
                } else if (place.kind() == Place.Kind.THERE) {
                    awaitThere(place, those);
                } else {
                    later(those);
                }
            });
        }

        private void awaitHere(List<String> audiences) {
            Optional<Waiters.Waiter> waiting =
                    waiters.await(request.getNodeId(), audiences, request.getViewVersion(), () -> arrived(audiences));
            if (waiting.isEmpty()) {
                fail(new MusterException(ErrorCode.UNAVAILABLE, "too many requests wait for changes"));
                return;
            }
            Waiters.Waiter waiter = waiting.get();
            synchronized (this) {
                here.add(waiter);
            }
            if (result.isDone()) {
                waiter.cancel();
                return;
            }
            // what was shown before the wait began is in the store already
            lane.submit(hop.user(), request.getSerializedSize(), () -> lookUp(audiences, waiter), this::fail);
        }

        private void lookUp(List<String> audiences, Waiters.Waiter waiter) {
            try {
                for (String audience : audiences) {
                    waiter.shown(audience, views.version(audience, request.getNodeId()));
                }
                watch(audiences, waiter);
            } catch (MusterException e) {
                // the store restores, or has just gone elsewhere
                drop(waiter);
                later(audiences);
            } catch (RuntimeException e) {
                fail(e);
            }
        }

        /** What moves to another instance is never shown here: it is waited for there. */
        private void watch(List<String> audiences, Waiters.Waiter waiter) {
            schedule(() -> {
                if (result.isDone() || waiter.isOver()) {
                    return;
                }
                if (audiences.stream().allMatch(audience -> place(audience).isHere())) {
                    watch(audiences, waiter);
                } else {
                    drop(waiter);
                    begin(audiences);
                }
            });
        }

        private void awaitThere(Place place, List<String> audiences) {
            AwaitNodeRequest share = request.toBuilder()
                    .clearAudiences()
                    .addAllAudiences(audiences)
                    .build();
            context.run(() -> {
                var unused = peers.ask(place.address(), RegistryQueryGrpc.getAwaitNodeMethod(), share, hop)
                        .whenComplete((answer, failure) -> {
                            if (failure == null) {
                                arrived(audiences);
                            } else {
                                later(audiences);
                            }
                        });
            });
        }

        private void later(List<String> audiences) {
            schedule(() -> begin(audiences));
        }

        private void schedule(Runnable task) {
            try {
                var unused = timer.schedule(task, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                fail(new MusterException(ErrorCode.UNAVAILABLE, "this registry stops", e));
            }
        }

        private void arrived(List<String> audiences) {
            boolean all;
            synchronized (this) {
                audiences.forEach(missing::remove);
                all = missing.isEmpty();
            }
            if (all) {
                result.complete(null);
            }
        }

        void fail(RuntimeException failure) {
            result.completeExceptionally(failure);
        }

        private synchronized void drop(Waiters.Waiter waiter) {
            here.remove(waiter);
            waiter.cancel();
        }

        synchronized void cancelAll() {
            here.forEach(Waiters.Waiter::cancel);
            here.clear();
        }

        private Place place(String audience) {
            return owners.active(Part.VIEWS, partitions.ofView(audience));
        }
    }
}
