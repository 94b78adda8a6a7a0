package dev.muster.fanout.output;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Repeats a step until it has a result. One future stands for the result, however many steps it takes. No future is
 * chained to a completed one, so nothing grows.
 */
public final class Repeat<T> {
    private final Supplier<CompletableFuture<Optional<T>>> step;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    private Repeat(Supplier<CompletableFuture<Optional<T>>> step) {
        this.step = step;
    }

    /** @param step not taken again before it completes; with nothing: once more; the first that fails is the last */
    public static <T> CompletableFuture<T> until(Supplier<CompletableFuture<Optional<T>>> step) {
        Repeat<T> repeat = new Repeat<>(step);
        repeat.run();
        return repeat.result;
    }

    // a step that is over at once is followed by the next one in this loop, not on top of it
    private void run() {
        CompletableFuture<Optional<T>> taken;
        do {
            taken = take();
        } while (taken.isDone()
                && !taken.isCompletedExceptionally()
                && taken.join().isEmpty());
        var unused = taken.whenComplete((found, error) -> {
            if (error != null) {
                result.completeExceptionally(error);
            } else if (found.isPresent()) {
                result.complete(found.get());
            } else {
                run();
            }
        });
    }

    private CompletableFuture<Optional<T>> take() {
        try {
            return step.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
