package dev.muster.fanout.command;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.records.v1.ReplyRecord;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Requests that wait for their reply, each with a deadline; bounded in number. Thread-safe. */
final class PendingReplies {
    private final ConcurrentHashMap<String, CompletableFuture<ReplyRecord>> byRequest = new ConcurrentHashMap<>();
    private final int countMax;

    PendingReplies(int countMax) {
        this.countMax = countMax;
    }

    /**
     * Fails with {@code unavailable} when the deadline passes or too many wait.
     *
     * @param within until the deadline
     */
    CompletableFuture<ReplyRecord> await(String requestId, Duration within) {
        if (byRequest.size() >= countMax) {
            return CompletableFuture.failedFuture(
                    new MusterException(ErrorCode.UNAVAILABLE, "Too many changes wait for an answer now."));
        }
        CompletableFuture<ReplyRecord> reply = new CompletableFuture<>();
        byRequest.put(requestId, reply);
        return reply.orTimeout(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS)
                .whenComplete((done, error) -> byRequest.remove(requestId));
    }

    /** A reply that nobody waits for (any more) is dropped. */
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
