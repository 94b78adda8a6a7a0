package dev.muster.fanout.command;

import dev.muster.proto.records.v1.ReplyRecord;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Requests that wait for their reply, each with a deadline; {@link Turns} bounds their number. Thread-safe. */
final class PendingReplies {
    private final ConcurrentHashMap<String, CompletableFuture<ReplyRecord>> byRequest = new ConcurrentHashMap<>();

    /**
     * Fails when the deadline passes.
     *
     * @param within until the deadline
     */
    CompletableFuture<ReplyRecord> await(String requestId, Duration within) {
        CompletableFuture<ReplyRecord> reply = new CompletableFuture<>();
        byRequest.put(requestId, reply);
        return reply.orTimeout(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS)
                .whenComplete((done, error) -> byRequest.remove(requestId));
    }

    /** A reply that is not waited for, or no longer, is dropped. */
    void complete(ReplyRecord reply) {
        @Nullable CompletableFuture<ReplyRecord> waiting = byRequest.get(reply.getRequestId());
        if (waiting != null) {
            waiting.complete(reply);
        }
    }

    void forget(String requestId) {
        @Nullable CompletableFuture<ReplyRecord> waiting = byRequest.get(requestId);
        if (waiting != null) {
            waiting.cancel(false);
        }
    }

    int size() {
        return byRequest.size();
    }
}
