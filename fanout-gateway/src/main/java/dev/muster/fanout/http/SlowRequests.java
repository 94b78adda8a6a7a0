package dev.muster.fanout.http;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.NanoTime;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections whose request does not arrive. Jetty limits only the silence between two bytes, so a client that
 * sends one byte a minute could hold its connection for ever. Uses the connector's own timer.
 */
final class SlowRequests extends AbstractLifeCycle {
    private static final long SWEEP_MILLIS = 500;
    /** For the refusal of a body to reach the client. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private static final Set<HttpParser.State> HEAD = EnumSet.range(HttpParser.State.METHOD, HttpParser.State.HEADER);
    private static final Set<HttpParser.State> CHUNKED =
            EnumSet.range(HttpParser.State.CHUNKED_CONTENT, HttpParser.State.TRAILER);

    private final ServerConnector connector;
    private final Duration head;
    private final Duration whole;
    private volatile Scheduler.@Nullable Task next;

    /**
     * @param head within which the head of a request arrives
     * @param whole within which head and body do
     */
    SlowRequests(ServerConnector connector, Duration head, Duration whole) {
        this.connector = connector;
        this.head = head;
        this.whole = whole;
    }

    @Override
    protected void doStart() {
        again();
    }

    @Override
    protected void doStop() {
        Scheduler.@Nullable Task task = next;
        if (task != null) {
            task.cancel();
        }
    }

    private void again() {
        next = connector.getScheduler().schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        try {
            connector.getConnectedEndPoints().forEach(this::closeIfSlow);
        } finally {
            if (isRunning() || isStarting()) {
                again();
            }
        }
    }

    // the parser belongs to another thread: what is read here may be a moment old, which does no harm
    private void closeIfSlow(EndPoint endPoint) {
        if (!(endPoint.getConnection() instanceof HttpConnection connection)) {
            return;
        }
        HttpParser parser = connection.getParser();
        HttpParser.State state = parser.getState();
        long begun = parser.getBeginNanoTime();
        boolean inHead = HEAD.contains(state);
        if (!inHead && !awaitsContent(parser, state)) {
            return;
        }
        Duration limit = inHead ? head : whole;
        if (begun == Long.MIN_VALUE || NanoTime.since(begun) <= limit.toNanos()) {
            return;
        }
        TimeoutException late = new TimeoutException("the request did not arrive within " + limit.toMillis() + " ms");
        if (!inHead) {
            // a reader waits for the body, and must be told
            @Nullable Runnable told = connection.getHttpChannel().onFailure(late);
            if (told != null) {
                connector.getExecutor().execute(told);
            }
        }
        if (inHead || NanoTime.since(begun) > limit.plus(GOODBYE).toNanos()) {
            endPoint.close(late);
        }
    }
    /** A request without a body is in this state too, for as long as its answer takes. */
    private static boolean awaitsContent(HttpParser parser, HttpParser.State state) {
        return CHUNKED.contains(state)
                || (state == HttpParser.State.CONTENT && parser.getContentRead() < parser.getContentLength());
    }
}
