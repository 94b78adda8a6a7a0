package dev.muster.registry.query;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
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
        int waitingReadsPerUserMax,
        int waitingReadsBytesMax,
        int readMillisMax,
        int readTextBytesMax,
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
            "Threads of each lane of reads. The lanes are: nodes and tasks; one terminal; recent terminals; searches. One user has all but one of them at once.");
    private static final Setting WAITING_READS_MAX = Setting.number(
            "MUSTER_REGISTRY_WAITING_READS_MAX",
            1_000,
            1,
            100_000,
            "Reads of each lane that wait for a thread. With one more, the newest read of the user who has most of them is refused as rate-limited.");
    private static final Setting WAITING_READS_PER_USER_MAX = Setting.number(
            "MUSTER_REGISTRY_WAITING_READS_PER_USER_MAX",
            500,
            1,
            100_000,
            "Reads of one user that wait for a thread of one lane; one more is refused as rate-limited.");
    private static final Setting WAITING_READS_BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_WAITING_READS_BYTES_MAX",
            16 << 20,
            1 << 20,
            1 << 30,
            "Bytes of the requests that wait for a thread of one lane; half of them for one user.");
    private static final Setting READ_MS_MAX = Setting.number(
            "MUSTER_REGISTRY_READ_MS_MAX",
            2_000,
            10,
            60_000,
            "How long one read of terminals may run. A search answers with what it has found by then, and says where to continue.");
    private static final Setting READ_TEXT_BYTES_MAX = Setting.number(
            "MUSTER_REGISTRY_READ_TEXT_BYTES_MAX",
            256 << 20,
            1 << 20,
            1 << 30,
            "Text that one search looks through; then it answers with what it has found, and says where to continue.");
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
            WAITING_READS_PER_USER_MAX,
            WAITING_READS_BYTES_MAX,
            READ_MS_MAX,
            READ_TEXT_BYTES_MAX,
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
                env.integer(WAITING_READS_PER_USER_MAX),
                env.integer(WAITING_READS_BYTES_MAX),
                env.integer(READ_MS_MAX),
                env.integer(READ_TEXT_BYTES_MAX),
                env.integer(WAITERS_MAX),
                env.integer(AWAIT_MS_MAX),
                advertised,
                env.integer(HAND_ON_MS_MAX));
    }
}
