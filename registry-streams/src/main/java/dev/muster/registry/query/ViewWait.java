package dev.muster.registry.query;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import io.grpc.Context;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Parks requests until the view store shows what they wait for, without a thread for any of them. */
final class ViewWait implements AutoCloseable {
    private final Waiters waiters;
    private final ViewReads views;
    private final ReadPool pool;
    private final int millisMax;
    private final ScheduledExecutorService timer;

    ViewWait(Waiters waiters, ViewReads views, ReadPool pool, int millisMax) {
        this.waiters = waiters;
        this.views = views;
        this.pool = pool;
        this.millisMax = millisMax;
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "registry-await");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Fails with a MusterException: unavailable after the time, invalid for what cannot be waited for. */
    CompletableFuture<Void> await(AwaitNodeRequest request, Context context) {
        List<String> audiences = List.copyOf(request.getAudiencesList());
        if (audiences.size() > ViewReads.AUDIENCES_MAX) {
            return failed(ErrorCode.INVALID, "audiences: more than " + ViewReads.AUDIENCES_MAX);
        }
        CompletableFuture<Void> result = new CompletableFuture<>();
        if (audiences.isEmpty()) {
            result.complete(null);
            return result;
        }
        Optional<Waiters.Waiter> waiting =
                waiters.await(request.getNodeId(), audiences, request.getViewVersion(), () -> result.complete(null));
        if (waiting.isEmpty()) {
            return failed(ErrorCode.UNAVAILABLE, "too many requests wait for changes");
        }
        Waiters.Waiter waiter = waiting.get();
        ScheduledFuture<?> timeout = timer.schedule(
                () -> result.completeExceptionally(
                        new MusterException(ErrorCode.UNAVAILABLE, "the change is not visible yet")),
                millisMax,
                TimeUnit.MILLISECONDS);
        Context.CancellationListener cancelled = ended ->
                result.completeExceptionally(new MusterException(ErrorCode.UNAVAILABLE, "the caller no longer waits"));
        context.addListener(cancelled, Runnable::run);
        var unused = result.whenComplete((done, failure) -> {
            waiter.cancel();
            timeout.cancel(false);
            context.removeListener(cancelled);
        });
        // what was shown before the wait began is in the store already
        try {
            pool.submit(() -> lookUp(request, audiences, waiter, result));
        } catch (MusterException e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void lookUp(
            AwaitNodeRequest request, List<String> audiences, Waiters.Waiter waiter, CompletableFuture<Void> result) {
        try {
            for (String audience : audiences) {
                waiter.shown(audience, views.version(audience, request.getNodeId()));
            }
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    private static CompletableFuture<Void> failed(ErrorCode code, String detail) {
        return CompletableFuture.failedFuture(new MusterException(code, detail));
    }
}
