package dev.muster.registry.streams;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Kafka Streams app. It replaces failed threads within a budget, knows whether the app makes progress, and
 * gives up when the app stands still. Thread-safe.
 */
public final class StreamsApp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsApp.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration BUDGET_WINDOW = Duration.ofMinutes(10);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final String name;
    private final KafkaStreams streams;
    private final ReplacementBudget budget;
    private final Progress progress;
    private final StateDisk disk;
    private final ErrorIds errorIds = new ErrorIds();
    private final CompletableFuture<Void> running = new CompletableFuture<>();
    private final CompletableFuture<String> failed = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong restored = new AtomicLong();
    private final ScheduledExecutorService timer;

    /** @param disk holds the state */
    public StreamsApp(
            String name,
            Topology topology,
            Properties properties,
            StreamsSettings settings,
            StateDisk disk,
            BooleanSupplier brokerAnswers,
            Threads threads) {
        this.name = name;
        this.disk = disk;
        budget = new ReplacementBudget(settings.threadReplacementsMax(), BUDGET_WINDOW);
        progress = new Progress();
        streams = new KafkaStreams(topology, properties);
        streams.setUncaughtExceptionHandler(this::onFailure);
        streams.setStateListener((now, before) -> onState(now));
        streams.setGlobalStateRestoreListener(new Restores());
        timer = threads.timer("registry-watch-" + name);
        Standstill standstill = new Standstill(Duration.ofMillis(settings.standstillMs()), System.nanoTime());
        long[] seen = {0};
        var unused = timer.scheduleWithFixedDelay(
                () -> {
                    long now = restored.get();
                    standstill
                            .look(
                                    System.nanoTime(),
                                    problem(),
                                    now != seen[0],
                                    brokerAnswers.getAsBoolean(),
                                    disk.problem())
                            .ifPresent(why -> failed.complete("its " + name + " app " + why));
                    seen[0] = now;
                },
                LOOK.toMillis(),
                LOOK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    public void start() {
        streams.start();
    }

    /** Completes when all partitions are restored and processed for the first time; fails if the app stops before. */
    public CompletableFuture<Void> running() {
        return running.copy();
    }

    /** Completes, with the reason, if it stops by itself or stands still for good: only a new process can help. */
    public CompletableFuture<String> failed() {
        return failed.copy();
    }

    public KafkaStreams streams() {
        return streams;
    }

    public KafkaStreams.State state() {
        return streams.state();
    }

    /** The app's problem; empty if it runs, its threads are alive and its committed offsets move while there is lag. */
    public Optional<String> problem() {
        KafkaStreams.State state = streams.state();
        if (state != KafkaStreams.State.RUNNING) {
            return Optional.of("state is " + state);
        }
        return progress.problem(streams.metadataForLocalThreads(), System.nanoTime());
    }

    /**
     * Leaves the group, so that another instance, or the next start, takes over without waiting for the session
     * timeout.
     */
    @Override
    public void close() {
        timer.shutdownNow();
        closing.countDown();
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
            failed.complete("its " + name + " app has stopped"
                    + disk.problem().map(full -> ": " + full).orElse(""));
        }
    }

    /** On the thread that failed, which ends when this returns. */
    private StreamThreadExceptionResponse onFailure(Throwable failure) {
        Optional<Duration> pause = budget.take(System.nanoTime());
        // a known end, which a new thread mends, is worth a line and no stack trace
        boolean known = isAbortedTransaction(failure) && pause.isPresent();
        (known
                        ? LOG.atWarn().addKeyValue("reason", "the broker aborted a transaction that took too long")
                        : LOG.atError().setCause(failure))
                .addKeyValue("errorId", errorIds.get())
                .addKeyValue("app", name)
                .addKeyValue("replaced", pause.isPresent())
                .addKeyValue("afterMillis", pause.orElse(Duration.ZERO).toMillis())
                .log("stream thread failed");
        if (pause.isEmpty()) {
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        try {
            var unused = closing.await(pause.get().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    /**
     * If a process stalls for longer than the transaction timeout, its transaction is aborted. Up to Kafka 4.3 the
     * broker reports that in a way that Streams does not recover from (KAFKA-20785).
     */
    private static boolean isAbortedTransaction(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidTxnStateException) {
                return true;
            }
        }
        return false;
    }

    /** Restoring is progress, however long it takes. */
    private final class Restores implements StateRestoreListener {
        @Override
        public void onRestoreStart(TopicPartition partition, String store, long startingOffset, long endingOffset) {
            restored.incrementAndGet();
        }

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long batchEndOffset, long count) {
            restored.incrementAndGet();
        }

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long count) {
            restored.incrementAndGet();
        }
    }
}
