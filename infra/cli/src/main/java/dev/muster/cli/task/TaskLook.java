package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.ApiException;
import dev.muster.cli.api.Outage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a task in the background, once at a time, so that a slow answer never keeps the reader of a feed waiting. One
 * thread uses it; it never waits.
 */
public final class TaskLook {
    /**
     * What a look found.
     *
     * @param waitsFor what the task waits for, where that is to be said now
     */
    public record Found(JsonNode task, Optional<String> waitsFor) {}

    private final Supplier<Found> question;
    private @Nullable CompletableFuture<Found> asked;

    /** @param question asks and waits for the answer; each call runs on a daemon thread of its own */
    TaskLook(Supplier<Found> question) {
        this.question = question;
    }

    /** @param deadline how long one answer may take */
    public static TaskLook at(TaskApi tasks, String taskId, Duration deadline, WaitNotice waiting) {
        return new TaskLook(() -> {
            JsonNode task = tasks.get(taskId, deadline);
            return new Found(task, waiting.look(task));
        });
    }

    /** Asks, unless an answer is awaited already. */
    public void ask() {
        if (asked == null) {
            asked = CompletableFuture.supplyAsync(question, TaskLook::onDaemon);
        }
    }

    /**
     * The answer that came since the last call. None where the server did not answer: the feed says whether it is there.
     *
     * @throws ApiException where the server refused for good
     */
    public Optional<Found> answer() {
        CompletableFuture<Found> answer = asked;
        if (answer == null || !answer.isDone()) {
            return Optional.empty();
        }
        asked = null;
        try {
            return Optional.of(answer.join());
        } catch (CompletionException e) {
            if (Outage.isPassing(e.getCause())) {
                return Optional.empty();
            }
            throw e.getCause() instanceof RuntimeException refusal ? refusal : e;
        }
    }

    private static void onDaemon(Runnable work) {
        Thread thread = new Thread(work, "look");
        thread.setDaemon(true);
        thread.start();
    }
}
