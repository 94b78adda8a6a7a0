package dev.muster.fanout.lines;

import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.output.Repeat;
import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;

/** Reads the lines after a cursor. No caller's thread waits: only the pool's own threads do. Thread-safe. */
public final class NewLines implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(250);
    /** Calls that wait share the broker's answer for so long: less than a pause, so that it is none from before it. */
    private static final Duration KEPT = PAUSE.minusMillis(50);

    /** What a user may see, asked at the time of reading. */
    public interface Access {
        /**
         * The node's name; empty if the user may not read its output. Fails if that is unknown now, or if the call is
         * about this node alone.
         */
        CompletableFuture<Optional<String>> nameOf(String nodeId);
    }

    private final LinesLog log;
    private final LinePool pool;
    private final LineCursors cursors;
    private final Executor executor;
    private final Reading.Parts parts;

    /**
     * @param key signs cursors; the same on all gateways
     * @param consumers makes a consumer without a group that reads what is committed, and fails at a deleted offset
     * @param executor on which calls go on after a pause
     */
    public NewLines(
            LinesLog log,
            String topic,
            Partitions partitions,
            LinesConfig config,
            byte[] key,
            Supplier<Consumer<byte[], byte[]>> consumers,
            Executor executor,
            Threads threads) {
        this.log = log;
        this.pool = new LinePool(topic, config.readers(), consumers, threads);
        this.cursors = new LineCursors(key);
        this.executor = executor;
        RecentFacts recent = new RecentFacts(log, partitions, KEPT, System::nanoTime);
        this.parts = new Reading.Parts(log, recent::get, pool, cursors, config.budget(), this::pause, executor);
    }

    /**
     * The answer. Fails with {@code invalid} for a cursor that is of no use here, {@code rate-limited} if the permit
     * gets no turn, and {@code unavailable} while the broker does not answer; the same cursor is good for the next try.
     *
     * @param permit stays the caller's; it works while lines are read, and rests while they are waited for
     * @param ended why the call is to end, asked at each step; nothing while it may go on
     */
    public CompletableFuture<LinesPage> read(
            LinesRequest request, Access access, Downloads.Permit permit, Supplier<Optional<MusterException>> ended) {
        return log.facts(request.scope().partitions())
                .thenComposeAsync(
                        facts -> Repeat.until(new Reading(request, facts, access, permit, ended, parts)::step),
                        executor);
    }

    private CompletableFuture<Void> pause() {
        return CompletableFuture.runAsync(
                () -> {}, CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS, executor));
    }

    /** Records left out because they could not be used, counted by each call that met them. */
    public long unreadable() {
        return pool.unreadable();
    }

    /** Cursors refused so far. */
    public long refused() {
        return cursors.refused();
    }

    /** Cursors so far after which lines may be missing. */
    public long expired() {
        return cursors.expired();
    }

    @Override
    public void close() {
        pool.close();
    }
}
