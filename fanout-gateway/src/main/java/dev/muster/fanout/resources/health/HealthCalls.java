package dev.muster.fanout.resources.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Hosts;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.registry.RegistryClient;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Alive, ready, and what is measured. */
public final class HealthCalls {
    /** What proxies add. */
    private static final List<String> FORWARDED = List.of(
            "Forwarded",
            "Via",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Server",
            "X-Real-IP",
            "True-Client-IP",
            "CF-Connecting-IP");

    private static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(2);

    private final Api api;
    private final RegistryClient registry;
    private final Map<String, BooleanSupplier> parts;
    private final Supplier<List<String>> unknownTopics;
    private final PrometheusMeterRegistry metrics;
    private final boolean metricsRemote;

    /**
     * @param parts name of each part of this gateway, and whether it is ready
     * @param unknownTopics topics that records cannot be written into now; each is named, and the part that writes is
     *     not ready
     * @param metricsRemote whether others than this machine may read the metrics
     */
    public HealthCalls(
            Api api,
            RegistryClient registry,
            Map<String, BooleanSupplier> parts,
            Supplier<List<String>> unknownTopics,
            PrometheusMeterRegistry metrics,
            boolean metricsRemote) {
        this.api = api;
        this.registry = registry;
        this.parts = new LinkedHashMap<>(parts);
        this.unknownTopics = unknownTopics;
        this.metrics = metrics;
        this.metricsRemote = metricsRemote;
    }

    public void addTo(RoutesConfig routes) {
        api.read(
                routes,
                "/healthz",
                api.open(ctx -> CompletableFuture.completedFuture(
                        Answer.json(200, Json.object().put("status", "ok")))));
        api.read(routes, "/readyz", api.open(ctx -> ready()));
        api.read(routes, "/metrics", api.open(this::metrics));
    }

    private CompletableFuture<Answer> ready() {
        ObjectNode json = Json.object();
        ObjectNode told = json.putObject("parts");
        boolean[] ready = {true};
        parts.forEach((name, part) -> {
            boolean ok = part.getAsBoolean();
            told.put(name, ok ? "ok" : "not ready");
            ready[0] &= ok;
        });
        for (String topic : unknownTopics.get()) {
            told.put("topic " + topic, "missing, or not known here yet");
        }
        return registry.getHealth(REGISTRY_TIMEOUT).handle((health, error) -> {
            boolean ok = error == null && health.getReady();
            told.put("registry", ok ? "ok" : error == null ? "not ready" : "does not answer");
            if (error == null) {
                health.getPartsMap().forEach((name, state) -> told.put("registry " + name, state));
            }
            boolean all = ready[0] && ok;
            json.put("ready", all);
            return Answer.json(all ? 200 : 503, json).with("Cache-Control", "no-store");
        });
    }

    private CompletableFuture<Answer> metrics(Context ctx) {
        if (!metricsRemote && !isFromHere(ctx)) {
            throw new MusterException(
                    ErrorCode.FORBIDDEN,
                    "Metrics answer this machine only, by its own name and not through a proxy; see MUSTER_FANOUT_METRICS_REMOTE.");
        }
        byte[] text = metrics.scrape().getBytes(StandardCharsets.UTF_8);
        return CompletableFuture.completedFuture(Answer.bytes(200, "text/plain; version=0.0.4; charset=utf-8", text));
    }

    /**
     * A proxy on this machine has a local address as well. So has a browser whose page gave its own name this machine's
     * address.
     */
    private static boolean isFromHere(Context ctx) {
        @Nullable String host = ctx.header("Host");
        return isLoopback(ctx.req().getRemoteAddr())
                && (host == null || Hosts.isLoopback(host))
                && FORWARDED.stream().allMatch(header -> ctx.header(header) == null);
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
