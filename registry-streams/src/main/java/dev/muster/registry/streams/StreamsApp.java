package dev.muster.registry.streams;

import dev.muster.contract.errors.ErrorIds;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Kafka Streams app: replaces threads that fail, within a budget, and knows whether it moves. Thread-safe.
 */
public final class StreamsApp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsApp.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration BUDGET_WINDOW = Duration.ofMinutes(10);

    private final String name;
    private final KafkaStreams streams;
    private final ReplacementBudget budget;
    private final Progress progress;
    private final LongSupplier nanos;
    private final ErrorIds errorIds = new ErrorIds();
    private final CompletableFuture<Void> running = new CompletableFuture<>();
    private final CompletableFuture<String> failed = new CompletableFuture<>();

    /**
     * @param replacementsMax threads replaced within ten minutes before the app stops
     * @param nanos a clock that never goes back, such as {@code System::nanoTime}
     */
    public StreamsApp(String name, Topology topology, Properties properties, int replacementsMax, LongSupplier nanos) {
        this.name = name;
        this.nanos = nanos;
        budget = new ReplacementBudget(replacementsMax, BUDGET_WINDOW);
        progress = new Progress();
        streams = new KafkaStreams(topology, properties);
        streams.setUncaughtExceptionHandler(this::onFailure);
        streams.setStateListener((now, before) -> onState(now));
    }

    public void start() {
        streams.start();
    }

    /** Completes when all partitions are restored and processed for the first time; fails if the app stops before. */
    public CompletableFuture<Void> running() {
        return running.copy();
    }

    /** Completes with the app's name if it stops by itself, for good: only a new process can help. */
    public CompletableFuture<String> failed() {
        return failed.copy();
    }

    public KafkaStreams streams() {
        return streams;
    }

    public KafkaStreams.State state() {
        return streams.state();
    }

    /** What is wrong with it, or nothing: it runs, its threads are alive and its committed offsets move while there is lag. */
    public Optional<String> problem() {
        KafkaStreams.State state = streams.state();
        if (state != KafkaStreams.State.RUNNING) {
            return Optional.of("state is " + state);
        }
        return progress.problem(streams.metadataForLocalThreads(), nanos.getAsLong());
    }

    /** Leaves the group, so that another instance, or the next start, takes over without waiting for the session timeout. */
    @Override
    public void close() {
        if (!streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(CLOSE_TIMEOUT))) {
            LOG.atWarn().addKeyValue("app", name).log("streams app did not stop in time");
        }
        running.completeExceptionally(new IllegalStateException(name + " was closed"));
    }

    private void onState(KafkaStreams.State now) {
        LOG.atInfo().addKeyValue("app", name).addKeyValue("state", now).log("streams app changed its state");
        if (now == KafkaStreams.State.RUNNING) {
            running.complete(null);
        } else if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
            running.completeExceptionally(new IllegalStateException(name + " is " + now));
        }
        if (now == KafkaStreams.State.ERROR) {
            failed.complete(name);
        }
    }

    private StreamThreadExceptionResponse onFailure(Throwable failure) {
        boolean replace = budget.take(nanos.getAsLong());
        LOG.atError()
                .setCause(failure)
                .addKeyValue("errorId", errorIds.get())
                .addKeyValue("app", name)
                .addKeyValue("replaced", replace)
                .log("stream thread failed");
        return replace ? StreamThreadExceptionResponse.REPLACE_THREAD : StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
}
