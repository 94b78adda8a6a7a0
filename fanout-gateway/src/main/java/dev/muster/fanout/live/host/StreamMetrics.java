package dev.muster.fanout.live.host;

import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of the live feed. They never have a label for a user or node.
 *
 * <pre>
 * records.accepted = records.sent + records.skipped + records.dropped, once no session has anything in flight
 * </pre>
 *
 * accepted: a record meant for this session. sent: written to its socket. skipped: left out for a slow viewer, who was
 * told. dropped: in flight when the session ended.
 */
public final class StreamMetrics {
    public final Counter accepted;
    public final Counter sent;
    public final Counter skipped;
    public final Counter dropped;
    public final Counter frames;
    public final Counter bytes;
    public final Counter gaps;
    public final Counter laggings;
    public final Counter skips;
    public final Counter badFrames;
    public final Counter undelivered;
    private static final Duration[] DELIVERY_BUCKETS = LongStream.of(5, 10, 25, 50, 100, 200, 500, 1_000, 2_500, 10_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final Timer frameTime;
    private final DistributionSummary lagRecords;
    private final DistributionSummary lagBytes;
    private final DistributionSummary lagSeconds;
    private final Timer deliveryTime;
    private final Counter ringReads;
    private final Counter logReads;
    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicInteger attaches = new AtomicInteger();
    private final MeterRegistry registry;
    private final Map<CloseCode, Counter> closes = new EnumMap<>(CloseCode.class);
    private final Map<ResumeRefusal, Counter> refusals = new EnumMap<>(ResumeRefusal.class);
    private final Counter recovered;

    public StreamMetrics(MeterRegistry registry) {
        this.registry = registry;
        accepted = registry.counter("muster.stream.records.accepted");
        sent = registry.counter("muster.stream.records.sent");
        skipped = registry.counter("muster.stream.records.skipped");
        dropped = registry.counter("muster.stream.records.dropped");
        frames = registry.counter("muster.stream.frames");
        bytes = registry.counter("muster.stream.bytes");
        gaps = registry.counter("muster.stream.gaps");
        laggings = registry.counter("muster.stream.laggings");
        ringReads = registry.counter("muster.stream.records.read", "from", "ring");
        logReads = registry.counter("muster.stream.records.read", "from", "log");
        // buckets, not percentiles: they cost a tenth per delivery, and add up over gateways
        deliveryTime = Timer.builder("muster.stream.delivery.time")
                .serviceLevelObjectives(DELIVERY_BUCKETS)
                .register(registry);
        skips = registry.counter("muster.stream.skips");
        badFrames = registry.counter("muster.stream.bad.frames");
        undelivered = registry.counter("muster.stream.input.undelivered");
        frameTime = registry.timer("muster.stream.frame.time");
        lagRecords = DistributionSummary.builder("muster.stream.lag.records")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        lagBytes = DistributionSummary.builder("muster.stream.lag.bytes")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        lagSeconds = DistributionSummary.builder("muster.stream.lag.seconds")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        recovered = registry.counter("muster.stream.opens", "outcome", "recovered");
        for (ResumeRefusal refusal : ResumeRefusal.values()) {
            refusals.put(refusal, registry.counter("muster.stream.opens", "outcome", refusal.code()));
        }
        for (CloseCode code : CloseCode.values()) {
            closes.put(code, registry.counter("muster.stream.closes", "code", Integer.toString(code.code())));
        }
        registry.gauge("muster.stream.sessions", sessions);
        registry.gauge("muster.stream.attaches", attaches);
    }

    public void sessionOpened() {
        sessions.incrementAndGet();
    }

    /** @param code why, as far as this side knows; another one that the peer sent counts by its number */
    public void sessionClosed(@Nullable CloseCode code, int peerCode) {
        sessions.decrementAndGet();
        Counter counter = code == null ? null : closes.get(code);
        if (counter == null) {
            // few numbers exist; an invented one must not make a meter
            String label =
                    peerCode == 1000 || peerCode == 1001 || peerCode == 1006 ? Integer.toString(peerCode) : "other";
            counter = registry.counter("muster.stream.closes", "code", label);
        }
        counter.increment();
    }

    public void attached(int change) {
        attaches.addAndGet(change);
    }

    public void opened(@Nullable ResumeRefusal refusal) {
        Counter counter = refusal == null ? recovered : refusals.get(refusal);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Entries that sessions took from the ring: what share of all reads it could serve is its hit rate. */
    public void readRing(int entries) {
        if (entries > 0) {
            ringReads.increment(entries);
        }
    }

    /** Entries that sessions behind the ring took from what was read again. */
    public void readLog(int entries) {
        if (entries > 0) {
            logReads.increment(entries);
        }
    }

    /** @param nanos from handing over a batch to its last byte being written */
    public void frameDone(long nanos) {
        frameTime.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param millis from the broker taking the oldest record of a batch to its last byte being written */
    public void delivered(long millis) {
        deliveryTime.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }

    public void lag(Lag lag, double seconds) {
        lagRecords.record((double) lag.records());
        lagBytes.record((double) lag.bytes());
        lagSeconds.record(seconds);
    }
}
