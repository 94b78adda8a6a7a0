package dev.muster.registry.query;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.Setting;
import java.util.List;

/** Ports of the registry and how much it reads at once. */
public record QuerySettings(
        String bind,
        int grpcPort,
        int metricsPort,
        int threads,
        int waitingReadsMax,
        int waitersMax,
        int awaitMillisMax) {
    private static final Setting BIND = Setting.text(
            "MUSTER_REGISTRY_BIND",
            "127.0.0.1",
            "Address that queries and metrics are served on. They are for gateways alone: keep it off public networks.");
    private static final Setting GRPC_PORT = Setting.number(
            "MUSTER_REGISTRY_GRPC_PORT", 7070, 0, 65_535, "Port of the query service; 0 picks a free one.");
    private static final Setting METRICS_PORT = Setting.number(
            "MUSTER_REGISTRY_METRICS_PORT",
            7071,
            0,
            65_535,
            "Port of /healthz, /readyz and /metrics; 0 picks a free one.");
    private static final Setting THREADS = Setting.number(
            "MUSTER_REGISTRY_READ_THREADS",
            2,
            1,
            64,
            "Threads that read node stores, and as many that read terminal stores.");
    private static final Setting WAITING_READS_MAX = Setting.number(
            "MUSTER_REGISTRY_WAITING_READS_MAX",
            1_000,
            1,
            100_000,
            "Reads that wait for a thread; one more is refused as unavailable.");
    private static final Setting WAITERS_MAX = Setting.number(
            "MUSTER_REGISTRY_WAITERS_MAX",
            10_000,
            1,
            1_000_000,
            "Requests that wait until a change is visible; one more is refused as unavailable.");
    private static final Setting AWAIT_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_AWAIT_MS_MAX",
            10_000,
            100,
            60_000,
            "How long a request waits until a change is visible, if its own deadline is later.");
    public static final List<Setting> SETTINGS =
            List.of(BIND, GRPC_PORT, METRICS_PORT, THREADS, WAITING_READS_MAX, WAITERS_MAX, AWAIT_MS_MAX);

    public static QuerySettings from(Env env) {
        return new QuerySettings(
                env.required(BIND),
                env.integer(GRPC_PORT),
                env.integer(METRICS_PORT),
                env.integer(THREADS),
                env.integer(WAITING_READS_MAX),
                env.integer(WAITERS_MAX),
                env.integer(AWAIT_MS_MAX));
    }
}
