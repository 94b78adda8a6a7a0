package dev.muster.registry.query;

import com.google.protobuf.MessageLite;
import dev.muster.registry.instance.Hop;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Peers;
import dev.muster.registry.instance.Place;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Context;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;

/**
 * Takes each read to the instance that owns its data: here, or one hop away. If an instance turns out to be no longer
 * the owner, the owner is looked up once again. After that, and while there is no owner, the answer is "unavailable,
 * retry". If a copy may answer, it is asked when the owner is out of reach.
 */
final class Router {
    private final Owners owners;
    private final Peers peers;
    private final Answers answers;

    Router(Owners owners, Peers peers, Answers answers) {
        this.owners = owners;
        this.peers = peers;
        this.answers = answers;
    }

    /** One read on its way. */
    private record Way<Q, A>(Ask<Q, A> ask, int partition, Q request, Hop hop, Context context) {}

    /** Must be called on the thread and in the context of the call. Fails with the answer for the caller. */
    <Q, A> CompletableFuture<A> route(Ask<Q, A> ask, int partition, Q request) {
        Way<Q, A> way = new Way<>(ask, partition, request, Hop.current(), Context.current());
        Place place = owners.active(ask.part(), partition);
        if (way.hop.last()) {
            return last(way, place);
        }
        CompletableFuture<A> answer = at(way, place);
        if (way.hop.stale()) {
            answer = answer.exceptionallyCompose(
                    failure -> answers.isUnavailable(cause(failure)) ? copy(way, failure) : failed(failure));
        }
        return answer;
    }

    private <Q, A> CompletableFuture<A> last(Way<Q, A> way, Place place) {
        if (place.isHere()) {
            return read(way, way.ask.owner());
        }
        return way.hop.stale() ? readCopy(way) : failed(answers.notMine());
    }

    private <Q, A> CompletableFuture<A> at(Way<Q, A> way, Place place) {
        return switch (place.kind()) {
            case HERE -> read(way, way.ask.owner());
            case MOVING -> failed(answers.moving());
            case THERE ->
                ask(way, place).exceptionallyCompose(failure -> {
                    if (!answers.isNotMine(cause(failure))) {
                        return failed(answers.ofPeer(cause(failure)));
                    }
                    Place now = owners.active(way.ask.part(), way.partition);
                    return switch (now.kind()) {
                        case HERE -> read(way, way.ask.owner());
                        case MOVING -> failed(answers.moving());
                        case THERE -> now.equals(place) ? failed(answers.moving()) : askOnceMore(way, now);
                    };
                });
        };
    }

    private <Q, A> CompletableFuture<A> askOnceMore(Way<Q, A> way, Place place) {
        return ask(way, place)
                .exceptionallyCompose(failure ->
                        failed(answers.isNotMine(cause(failure)) ? answers.moving() : answers.ofPeer(cause(failure))));
    }

    /** The copy of this instance if it has one, else that of another one, else the failure stands. */
    private <Q, A> CompletableFuture<A> copy(Way<Q, A> way, Throwable failure) {
        Optional<Place> standby = owners.standbys(way.ask.part(), way.partition).stream()
                .min((a, b) -> Boolean.compare(b.isHere(), a.isHere()));
        if (standby.isEmpty()) {
            return failed(failure);
        }
        if (standby.get().isHere()) {
            return readCopy(way);
        }
        return ask(way, standby.get()).exceptionallyCompose(again -> failed(answers.ofPeer(cause(again))));
    }

    private <Q, A> CompletableFuture<A> readCopy(Way<Q, A> way) {
        return read(way, (request, budget) -> {
            long lag = owners.lag(way.ask.part(), way.partition);
            A answer = way.ask.copy().apply(request, budget);
            way.hop.staleRecords().accumulateAndGet(lag, Math::max);
            return answer;
        });
    }

    private <Q, A> CompletableFuture<A> ask(Way<Q, A> way, Place place) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        // a second try begins on another thread, where the call's deadline would not be known
        way.context.run(() -> {
            var unused = peers.ask(place.address(), way.ask.method(), way.request, way.hop)
                    .whenComplete((value, failure) -> {
                        if (failure == null) {
                            answer.complete(value);
                        } else {
                            answer.completeExceptionally(failure);
                        }
                    });
        });
        return answer;
    }

    private <Q, A> CompletableFuture<A> read(Way<Q, A> way, BiFunction<Q, ReadBudget, A> read) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        way.ask
                .lane()
                .apply(way.request)
                .submit(
                        way.hop.user(),
                        size(way.request),
                        ReadLanes.waitNanos(way.context),
                        () -> {
                            if (way.context.isCancelled()) {
                                answer.cancel(false);
                                return;
                            }
                            try {
                                answer.complete(
                                        read.apply(way.request, way.ask.budget().apply(way.context)));
                            } catch (RuntimeException | StackOverflowError e) {
                                answer.completeExceptionally(answers.failure(e));
                            }
                        },
                        refusal -> answer.completeExceptionally(answers.failure(refusal)));
        return answer;
    }

    private static int size(Object request) {
        return request instanceof MessageLite message ? message.getSerializedSize() : 0;
    }

    /** Without the wrapper that a chain of futures puts around a failure. */
    static Throwable cause(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause == null ? failure : cause;
    }

    private static <A> CompletableFuture<A> failed(Throwable failure) {
        return CompletableFuture.failedFuture(cause(failure));
    }
}
