package dev.muster.ingress.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Everything that this gateway counts. For output: received = accepted + dropped (by reason), and accepted = stored + failed + given up
 * + in flight, in chunks and in bytes of chunks.
 */
public final class IngressMetrics {
    private static final String PREFIX = "muster.ingress.";

    private final MeterRegistry registry;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    public IngressMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    public void gauge(String name, String doc, Supplier<Number> value) {
        Gauge.builder(PREFIX + name, value).description(doc).register(registry);
    }

    /** {@code accepted}, {@code stored}, {@code failed}, {@code given-up}, or {@code dropped-...} with its reason. */
    public void output(String result, long chunks, long bytes) {
        counter("output.chunks", "result", result).increment((double) chunks);
        counter("output.bytes", "result", result).increment((double) bytes);
    }

    /** {@code queued}, {@code replaced} by a newer one before it was published, {@code dropped}. */
    public void heartbeat(String result) {
        counter("heartbeats", "result", result).increment();
    }

    /** {@code stored}, {@code retried}, {@code dropped}. */
    public void event(String result) {
        counter("events", "result", result).increment();
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

    public void published(String lane, long bytes, long nanos) {
        counter("published.bytes", "lane", lane).increment((double) bytes);
        timers.computeIfAbsent(
                        lane,
                        key -> Timer.builder(PREFIX + "publish")
                                .description("from handing a record to the producer to the broker's answer")
                                .tag("lane", lane)
                                .publishPercentileHistogram()
                                .minimumExpectedValue(Duration.ofMillis(1))
                                .maximumExpectedValue(Duration.ofSeconds(30))
                                .register(registry))
                .record(Duration.ofNanos(nanos));
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

    private Counter counter(String name, String tag, String value) {
        return counters.computeIfAbsent(
                name + "|" + value,
                key -> Counter.builder(PREFIX + name).tag(tag, value).register(registry));
    }
}
