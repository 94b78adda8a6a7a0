package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Outage;
import dev.muster.client.ApiException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a task in the background, one request at a time, so that a slow answer never blocks the reader of a feed.
 * One thread uses it and never waits.
 */
public final class TaskLook {
    /**
     * The answer.
     *
     * @param waitsFor what the task waits for, if the user should be told now
     */
    public record Found(JsonNode task, Optional<String> waitsFor) {}

    private final Supplier<Found> question;
    private @Nullable CompletableFuture<Found> asked;

    /** @param question asks and waits for the answer; each call runs on its own daemon thread */
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

    /** Asks, unless a request is already under way. */
    public void ask() {
        if (asked == null) {
            asked = CompletableFuture.supplyAsync(question, TaskLook::onDaemon);
        }
    }

    /**
     * The answer that came since the last call. Empty if the server did not answer: the feed reports whether the server
     * is there.
     *
     * @throws ApiException if the server refused for good
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
