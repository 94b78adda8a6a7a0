package dev.muster.registry.query;

import dev.muster.contract.settings.Env;
import dev.muster.contract.settings.Setting;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Ports of the registry and how much it reads at once. */
public record QuerySettings(
        String bind,
        int grpcPort,
        int metricsPort,
        int threads,
        int waitingReadsMax,
        int waitersMax,
        int awaitMillisMax,
        String advertised,
        int handOnMillisMax) {
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
    private static final Setting ADVERTISED = Setting.text(
            "MUSTER_REGISTRY_ADVERTISED",
            "",
            "host:port at which other registry instances reach the query service. Without it: the address that it is bound to.");
    private static final Setting HAND_ON_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_HAND_ON_MS_MAX",
            3_000,
            100,
            60_000,
            "How long another registry instance may take to answer what it owns; then the caller is told to retry.");
    public static final List<Setting> SETTINGS = List.of(
            BIND,
            GRPC_PORT,
            METRICS_PORT,
            THREADS,
            WAITING_READS_MAX,
            WAITERS_MAX,
            AWAIT_MS_MAX,
            ADVERTISED,
            HAND_ON_MS_MAX);

    /**
     * Where other instances ask this one.
     *
     * @param port that the query service listens on
     */
    public String advertised(int port) {
        if (!advertised.isEmpty()) {
            return advertised;
        }
        try {
            InetAddress address = InetAddress.getByName(bind);
            return (address.isAnyLocalAddress() ? InetAddress.getLocalHost().getHostName() : bind) + ":" + port;
        } catch (UnknownHostException e) {
            return bind + ":" + port;
        }
    }

    public static QuerySettings from(Env env) {
        String advertised = env.text(ADVERTISED);
        if (!advertised.isEmpty() && !advertised.matches("[^:\\s]+:[0-9]{1,5}")) {
            env.mistake(ADVERTISED, "expected host:port");
        }
        return new QuerySettings(
                env.required(BIND),
                env.integer(GRPC_PORT),
                env.integer(METRICS_PORT),
                env.integer(THREADS),
                env.integer(WAITING_READS_MAX),
                env.integer(WAITERS_MAX),
                env.integer(AWAIT_MS_MAX),
                advertised,
                env.integer(HAND_ON_MS_MAX));
    }
}
