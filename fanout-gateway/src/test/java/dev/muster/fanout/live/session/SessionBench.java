package dev.muster.fanout.live.session;

import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.host.ByteBudget;
import dev.muster.fanout.live.host.Heartbeat;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionContext;
import dev.muster.fanout.live.host.StreamLimits;
import dev.muster.fanout.live.host.StreamMetrics;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.fanout.watch.Inputs;
import dev.muster.fanout.watch.Watches;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Sessions over a feed in memory, whose tasks and whose time the test moves on. */
public final class SessionBench implements AutoCloseable {
    public final StreamFixture fixture;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final AtomicLong nanos = new AtomicLong();
    public final ByteBudget history = new ByteBudget(8 << 20);
    public final Watches watches;
    final Services services;
    volatile OptionalLong brokerHeardMillis = OptionalLong.of(400);
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    final SessionContext context = new SessionContext(tasks::add);

    public SessionBench(StreamFixture fixture, int pageNodes, long attachLagBytes) {
        this(fixture, pageNodes, attachLagBytes, 1_000);
    }

    public SessionBench(StreamFixture fixture, int pageNodes, long attachLagBytes, long laggingRecords) {
        this.fixture = fixture;
        Ids ids = new Ids();
        watches = new Watches(
                fixture.sink, "gw_1", () -> ids.make(Ids.Kind.WATCH, 1), Duration.ofSeconds(60), nanos::get);
        services = new Services(
                fixture.feed(),
                fixture.registry,
                watches,
                new Inputs(fixture.sink, StreamFixture.PARTITIONS),
                history,
                new Heartbeat(Duration.ofSeconds(5), () -> brokerHeardMillis, OptionalLong::empty, nanos::get),
                new StreamLimits(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(30),
                        4,
                        1_000,
                        1_024,
                        1_000,
                        1 << 20,
                        attachLagBytes,
                        pageNodes,
                        10_000,
                        laggingRecords,
                        Duration.ofSeconds(2)),
                new StreamMetrics(meters),
                new Standing(Clock.systemUTC(), 1),
                Clock.systemUTC(),
                nanos::get,
                () -> "e1");
    }

    ViewerSession session(RecordingOutbound out, String user, String... groups) {
        return new ViewerSession(
                new User(user, List.of(groups), user.equals("admin"), Instant.MAX), services, context, out, () -> {});
    }

    public ViewerSession open(RecordingOutbound out, @Nullable String resume, String user, String... groups) {
        ViewerSession session = session(out, user, groups);
        session.onText("{\"op\":\"open\",\"resume\":" + (resume == null ? "null" : "\"" + resume + "\"") + "}");
        return session;
    }

    /** Runs what is to be run until a condition holds. */
    public void until(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await().pollInterval(Duration.ofMillis(2)).pollInSameThread().until(() -> {
            settle();
            return condition.call();
        });
    }

    /** Until the snapshot is complete. */
    public void awaitSnapshot(RecordingOutbound of) {
        until(() -> of.frames("snapshot").stream()
                .anyMatch(frame -> frame.path("last").asBoolean()));
    }

    void settle() {
        for (@Nullable Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    public void pass(Duration time, ViewerSession session) {
        nanos.addAndGet(time.toNanos());
        session.tick();
        settle();
    }

    public double count(String name) {
        return meters.get("muster.stream." + name).counter().count();
    }

    @Override
    public void close() {
        fixture.close();
    }
}
