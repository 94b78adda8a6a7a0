package dev.muster.fanout.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.json.Json;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.RoutesConfig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The server's frame: it listens, reads bodies without holding a thread, sets the headers of every answer, and stops.
 */
public final class WebServer {
    private static final int THREADS_MAX = 64;
    private static final int THREADS_MIN = 4;
    private static final Duration THREAD_IDLE = Duration.ofSeconds(5);
    private static final int HEADER_BYTES_MAX = 16 << 10;
    /** Bounds what a client that does not read can hold in the kernel. */
    private static final int SEND_BUFFER_BYTES = 64 << 10;

    private static final Duration IDLE = Duration.ofSeconds(60);
    /** A connection that is idle when the server stops is closed after so long. */
    private static final Duration SHUTDOWN_IDLE = Duration.ofMillis(100);

    /**
     * Within which a request arrives.
     *
     * @param head its head
     * @param whole head and body
     */
    public record Arrival(Duration head, Duration whole) {}

    private WebServer() {}

    /**
     * A server that is not started yet.
     *
     * @param hosts the names under which it answers
     * @param arrival a request that takes longer to arrive is cut off
     * @param drain how long a stop waits for answers under way
     * @param connectors makes the listening connectors, not configured yet
     * @param sockets adds the part that answers upgrades
     */
    public static Javalin create(
            String host,
            int port,
            Hosts hosts,
            Arrival arrival,
            Duration drain,
            Problems problems,
            BiFunction<Server, ConnectionFactory, ServerConnector> connectors,
            Consumer<RoutesConfig> routes,
            Consumer<ServletContextHandler> sockets) {
        return Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.startup.startupWatcherEnabled = false;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            config.http.prefer405over404 = true;
            config.http.maxRequestSize = Ask.BODY_BYTES_MAX;
            config.router.ignoreTrailingSlashes = false;
            QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX, THREADS_MIN);
            threads.setName("fanout-http");
            // what a storm of connections needed is given back within seconds, not one thread a minute
            threads.setIdleTimeout((int) THREAD_IDLE.toMillis());
            threads.setMaxEvictCount(THREADS_MAX);
            config.jetty.threadPool = threads;
            config.jetty.modifyHttpConfiguration(WebServer::configure);
            config.jetty.addConnector((server, http) ->
                    configured(connectors.apply(server, new HttpConnectionFactory(http)), host, port, arrival));
            config.jetty.modifyServer(server -> {
                FrontDoor door = new FrontDoor(hosts, problems);
                door.setHandler(new EagerContentHandler(
                        new EagerContentHandler.RetainedContentLoaderFactory(Ask.BODY_BYTES_MAX + 1, 0, true)));
                server.setHandler(new GracefulHandler(door));
                server.setErrorHandler(new ProblemHandler(problems));
                server.setStopTimeout(drain.toMillis());
            });
            config.jetty.modifyServletContextHandler(sockets);
            routes.accept(config.routes);
        });
    }

    private static void configure(HttpConfiguration http) {
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        http.setRequestHeaderSize(HEADER_BYTES_MAX);
        http.setResponseHeaderSize(HEADER_BYTES_MAX);
    }

    private static ServerConnector configured(ServerConnector connector, String host, int port, Arrival arrival) {
        connector.setHost(host);
        connector.setPort(port);
        connector.setIdleTimeout(IDLE.toMillis());
        connector.setShutdownIdleTimeout(SHUTDOWN_IDLE.toMillis());
        connector.setAcceptedSendBufferSize(SEND_BUFFER_BYTES);
        connector.addBean(new SlowRequests(connector, arrival.head(), arrival.whole()));
        return connector;
    }

    /** Problems for requests that Jetty itself refuses, for instance a header that is too long. */
    private static final class ProblemHandler extends ErrorHandler {
        private final Problems problems;

        ProblemHandler(Problems problems) {
            this.problems = problems;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            MusterException problem = problemOf(request, response.getStatus());
            // the answer keeps Jetty's status, and its body has the same one
            ObjectNode json = problems.json(problem).put("status", response.getStatus());
            AnswerHeaders.addTo(response.getHeaders());
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problems.CONTENT_TYPE);
            if (response.getStatus() == 503) {
                response.getHeaders().put(HttpHeader.RETRY_AFTER, Integer.toString(Problems.RETRY_AFTER_SECONDS));
            }
            response.write(true, ByteBuffer.wrap(Json.bytes(json)), callback);
            return true;
        }

        /** A client that hangs up is no fault of ours, whatever Jetty makes of it. */
        private static MusterException problemOf(Request request, int status) {
            Object failure = request.getAttribute(ErrorHandler.ERROR_EXCEPTION);
            if (status < 500 || !(failure instanceof Throwable cause)) {
                return Problems.ofStatus(status);
            }
            // Jetty's own is about a connection that failed under a request
            return Problems.isHangUp(cause) || cause instanceof HttpException
                    ? new MusterException(ErrorCode.INVALID, "The client hung up.", cause)
                    : Problems.problemOf(cause);
        }
    }
}
