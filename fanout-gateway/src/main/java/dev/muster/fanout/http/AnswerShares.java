package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.output.BlockSource;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Limits how many large answers are made or sent at once, for each user and in total. An answer counts until the client
 * has received it, since it stays in memory until then. Thread-safe; guarded by its own lock.
 */
public final class AnswerShares {
    private final String what;
    private final int max;
    private final int perUserMax;
    private final Map<String, Integer> users = new HashMap<>();
    private int all;

    /** @param what these answers are, as a refusal names them */
    public AnswerShares(String what, int max, int perUserMax) {
        this.what = what;
        this.max = max;
        this.perUserMax = perUserMax;
    }

    /** Fails with {@code rate-limited} if there are too many. */
    public CompletableFuture<Answer> counted(User user, Supplier<CompletableFuture<Answer>> made) {
        enter(user.name());
        CompletableFuture<Answer> answer;
        try {
            answer = made.get();
        } catch (RuntimeException e) {
            leave(user.name());
            throw e;
        }
        return answer.whenComplete((given, error) -> {
                    if (error != null) {
                        leave(user.name());
                    }
                })
                .thenApply(given -> new Answer(
                        given.status(),
                        given.headers(),
                        new Counted(given.body(), user.name()),
                        given.length(),
                        given.asked()));
    }

    private synchronized void enter(String user) {
        int own = users.getOrDefault(user, 0);
        if (own >= perUserMax || all >= max) {
            throw new MusterException(
                    ErrorCode.RATE_LIMITED,
                    own >= perUserMax
                            ? "You have " + own + " " + what + " under way; that is the most at once."
                            : "Too many " + what + " are under way.");
        }
        users.put(user, own + 1);
        all++;
    }

    private synchronized void leave(String user) {
        users.computeIfPresent(user, (name, own) -> own == 1 ? null : own - 1);
        all--;
    }

    /** Answers under way. */
    public synchronized int count() {
        return all;
    }

    private final class Counted implements BlockSource {
        private final BlockSource body;
        private final String user;
        private boolean closed;

        Counted(BlockSource body, String user) {
            this.body = body;
            this.user = user;
        }

        @Override
        public CompletableFuture<Optional<ByteBuffer>> next() {
            return body.next();
        }

        @Override
        public void close() {
            synchronized (this) {
                if (closed) {
                    return;
                }
                closed = true;
            }
            body.close();
            leave(user);
        }
    }
}
