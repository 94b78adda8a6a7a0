package dev.muster.ingress.metrics;

import dev.muster.ingress.session.OutputSession;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Everything that this gateway counts. For output: received = accepted + dropped (by reason), and accepted = stored +
 * failed + given up + in flight, in chunks and in bytes of chunks.
 */
public final class IngressMetrics {
    private static final String PREFIX = "muster.ingress.";

    private static final double[] CLOCK_SECONDS = {0.01, 0.1, 1, 10, 60, 3_600};

    private final MeterRegistry registry;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    /** What is counted for each message is looked up without making a string. */
    private final Map<OutputSession.Outcome, OutputCount> outcomes = new EnumMap<>(OutputSession.Outcome.class);

    private final OutputCount stored;
    private final OutputCount failed;
    private final OutputCount givenUp;
    private final DistributionSummary clockOffset;
    private final Map<Enum<?>, Counter> puts = new ConcurrentHashMap<>();

    public IngressMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (OutputSession.Outcome outcome : OutputSession.Outcome.values()) {
            outcomes.put(outcome, new OutputCount(registry, tag(outcome)));
        }
        this.stored = new OutputCount(registry, "stored");
        this.failed = new OutputCount(registry, "failed");
        this.givenUp = new OutputCount(registry, "given-up");
        this.clockOffset = DistributionSummary.builder(PREFIX + "clock.offset")
                .description("how far agents' clocks are from the gateway's, either way; one value for each heartbeat")
                .baseUnit("seconds")
                .serviceLevelObjectives(CLOCK_SECONDS)
                .register(registry);
    }

    public void gauge(String name, String doc, Supplier<Number> value) {
        Gauge.builder(PREFIX + name, value).description(doc).register(registry);
    }

    /** @param counting held by its owner: a meter does not hold it */
    public <T> void counter(String name, String doc, T counting, ToDoubleFunction<T> count) {
        FunctionCounter.builder(PREFIX + name, counting, count).description(doc).register(registry);
    }

    /** Chunks and bytes of output with one fate. */
    public static final class OutputCount {
        private final Counter chunks;
        private final Counter bytes;

        private OutputCount(MeterRegistry registry, String result) {
            this.chunks = Counter.builder(PREFIX + "output.chunks")
                    .tag("result", result)
                    .register(registry);
            this.bytes = Counter.builder(PREFIX + "output.bytes")
                    .tag("result", result)
                    .register(registry);
        }

        public void add(long chunks, long bytes) {
            this.chunks.increment((double) chunks);
            this.bytes.increment((double) bytes);
        }
    }

    /** What became of a chunk when it came. */
    public OutputCount output(OutputSession.Outcome outcome) {
        return Objects.requireNonNull(outcomes.get(outcome));
    }

    /** Accepted, and the broker holds it. */
    public OutputCount outputStored() {
        return stored;
    }

    /** Accepted, and the broker does not hold it, or whether it does is unknown. */
    public OutputCount outputFailed() {
        return failed;
    }

    /** Accepted, and given up behind a failure before it became a record. */
    public OutputCount outputGivenUp() {
        return givenUp;
    }

    /**
     * The gateway stopped asking a stream for output. The reason is the full {@code window} of the stream, the full
     * budget of {@code all-streams}, or a {@code registry} that is too far behind.
     */
    public void outputHeldBack(String reason) {
        counter("output.held.back", "reason", reason).increment();
    }

    /** {@code queued}, {@code replaced} by a newer one before it was published, {@code dropped}. */
    public void heartbeat(Enum<?> result) {
        puts.computeIfAbsent(result, put -> counter("heartbeats", "result", tag(put)))
                .increment();
    }

    /** {@code stored}, {@code retried}, {@code dropped}. */
    public void event(String result) {
        counter("events", "result", result).increment();
    }

    /** A message of an agent with a field that was cut, replaced or left out. */
    public void mended(String message) {
        counter("messages.mended", "message", message).increment();
    }

    /** What a heartbeat says of the agent's clock, in whichever direction. */
    public void clockOffset(long millis) {
        clockOffset.record(Math.abs(millis) / 1_000.0);
    }

    public void dispatched(String result) {
        counter("dispatches", "result", result).increment();
    }

    public void input(String result) {
        counter("inputs", "result", result).increment();
    }

    /** A join's outcome: {@code ok} or an error code. */
    public void join(String result) {
        counter("joins", "result", result).increment();
    }

    /** A call's end: {@code ok}, {@code cancelled} or an error code. */
    public void callEnded(String call, String code) {
        counters.computeIfAbsent(
                        "calls|" + call + "|" + code,
                        key -> Counter.builder(PREFIX + "calls.ended")
                                .tag("call", call)
                                .tag("code", code)
                                .register(registry))
                .increment();
    }

    /** What a lane's records came to, looked up once per lane. */
    public static final class Published {
        private final Counter bytes;
        private final Timer nanos;

        private Published(MeterRegistry registry, String lane) {
            this.bytes = Counter.builder(PREFIX + "published.bytes")
                    .tag("lane", lane)
                    .register(registry);
            this.nanos = Timer.builder(PREFIX + "publish")
                    .description("from handing a record to the producer to the broker's answer")
                    .tag("lane", lane)
                    .publishPercentileHistogram()
                    .minimumExpectedValue(Duration.ofMillis(1))
                    .maximumExpectedValue(Duration.ofSeconds(30))
                    .register(registry);
        }

        public void add(long recordBytes, long recordNanos) {
            bytes.increment((double) recordBytes);
            nanos.record(recordNanos, TimeUnit.NANOSECONDS);
        }
    }

    public Published published(String lane) {
        return new Published(registry, lane);
    }

    public void publishFailed(String lane, String reason) {
        counters.computeIfAbsent(
                        "failed|" + lane + "|" + reason,
                        key -> Counter.builder(PREFIX + "publish.failures")
                                .tag("lane", lane)
                                .tag("reason", reason)
                                .register(registry))
                .increment();
    }

    public void producerReplaced(String lane) {
        counter("producers.replaced", "lane", lane).increment();
    }

    private static String tag(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private Counter counter(String name, String tag, String value) {
        return counters.computeIfAbsent(
                name + "|" + value,
                key -> Counter.builder(PREFIX + name).tag(tag, value).register(registry));
    }
}
