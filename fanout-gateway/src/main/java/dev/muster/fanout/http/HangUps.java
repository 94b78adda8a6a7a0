package dev.muster.fanout.http;

import dev.muster.kit.process.Threads;
import io.grpc.Context;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Checks the clients that wait for an answer, and ends the reads of clients that have gone: Jetty itself looks at the
 * connection again only to write. Thread-safe.
 */
public final class HangUps implements AutoCloseable {
    private static final long LOOK_EVERY_MILLIS = 250;

    private final Set<Watched> waiting = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer;

    public HangUps(Threads threads) {
        timer = threads.timer("fanout-hang-ups");
        var unused = timer.scheduleWithFixedDelay(
                () -> waiting.forEach(Watched::look), LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Makes an answer within a context that is cancelled when the client hangs up before there is an answer. */
    public <T> CompletableFuture<T> watched(Ask ask, Function<Context, CompletableFuture<T>> made) {
        Watched watched = new Watched(ask.ctx().req(), ask.ctx().res());
        waiting.add(watched);
        try {
            return made.apply(watched.context).whenComplete((answer, error) -> end(watched));
        } catch (RuntimeException e) {
            end(watched);
            throw e;
        }
    }

    private void end(Watched watched) {
        waiting.remove(watched);
        watched.end();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private static final class Watched {
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final Context.CancellableContext context = Context.ROOT.withCancellation();
        private boolean over;

        Watched(HttpServletRequest request, HttpServletResponse response) {
            this.request = request;
            this.response = response;
        }

        /** Not beside the answer: from then on Jetty reads the connection. */
        synchronized void look() {
            Exchange.Client client = over ? Exchange.Client.WAITING : Exchange.client(request);
            if (client == Exchange.Client.GONE) {
                over = true;
                context.cancel(null);
            } else if (client == Exchange.Client.AHEAD) {
                // its next request is damaged: a client that sends ahead asks again when the connection is closed
                over = true;
                response.setHeader("Connection", "close");
            }
        }

        synchronized void end() {
            over = true;
            context.cancel(null);
        }
    }
}
