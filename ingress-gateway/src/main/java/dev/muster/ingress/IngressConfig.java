package dev.muster.ingress;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.kit.settings.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Settings of an ingress gateway. */
public record IngressConfig(
        KafkaSettings kafka,
        String bind,
        int port,
        String httpBind,
        int httpPort,
        Secret credentialKey,
        TlsFiles tls,
        int connectsPerSecondMax,
        int callsPerNodePerMinuteMax,
        int callsPerAddressPerSecondMax,
        int connectionsPerAddressMax,
        int sessionsPerNodeMax,
        long connectionAgeMillis,
        int heartbeatIntervalMillis,
        int helloTimeoutMillis,
        int heartbeatBytesMax,
        int heartbeatsPerSecondMax,
        int heartbeatsTotalMax,
        int taskEventsPerSecondMax,
        long heartbeatsWaitingBytesMax,
        int heartbeatRoundMillis,
        int joinTimeoutMillis,
        int joinsMax,
        int directoryWaitMillis,
        int sessionsMax,
        int callsPerConnectionMax,
        int resetsPerConnectionMax,
        int messageBytesMax,
        int flowControlWindowBytes,
        OutputConfig output,
        long downstreamBytesMax,
        long eventBytesMax,
        long controlBufferBytes,
        long bulkBufferBytes,
        int bulkLingerMillis,
        int brokerSilenceMillis,
        int drainMillis) {
    private static final Setting BIND = Setting.text(
            "MUSTER_INGRESS_BIND",
            "127.0.0.1",
            "Address for agents (gRPC). Anything but loopback needs TLS or MUSTER_INGRESS_PLAINTEXT=true.");
    private static final Setting PORT =
            Setting.number("MUSTER_INGRESS_PORT", 7_443, 0, 65_535, "Port for agents (gRPC); 0 picks a free one.");
    private static final Setting HTTP_BIND = Setting.text(
            "MUSTER_INGRESS_HTTP_BIND",
            "127.0.0.1",
            "Address for /metrics, /healthz and /readyz, which have no authentication.");
    private static final Setting HTTP_PORT = Setting.number(
            "MUSTER_INGRESS_HTTP_PORT", 0, 0, 65_535, "Port for /metrics, /healthz and /readyz; 0 picks a free one.");
    private static final Setting CREDENTIAL_KEY_FILE = Setting.text(
            "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
            "",
            "File with 32 random bytes as base64url, the key of the agents' credentials; the same for all gateways.");
    private static final Setting CONNECTS_PER_SECOND_MAX = Setting.number(
            "MUSTER_INGRESS_CONNECTS_PER_SECOND_MAX",
            5_000,
            1,
            1_000_000,
            "New sessions on this gateway in the long run, twice as many at once; others are told when to come again.");
    private static final Setting CALLS_PER_NODE_PER_MINUTE_MAX = Setting.number(
            "MUSTER_INGRESS_CALLS_PER_NODE_PER_MINUTE_MAX",
            240,
            2,
            1_000_000,
            "Calls that one node may begin; as many at once.");
    private static final Setting CALLS_PER_ADDRESS_PER_SECOND_MAX = Setting.number(
            "MUSTER_INGRESS_CALLS_PER_ADDRESS_PER_SECOND_MAX",
            10_000,
            1,
            1_000_000,
            "Calls begun from one address in the long run, twice as many at once.");
    private static final Setting CONNECTIONS_PER_ADDRESS_MAX = Setting.number(
            "MUSTER_INGRESS_CONNECTIONS_PER_ADDRESS_MAX",
            20_000,
            1,
            1_000_000,
            "Connections from one address; the calls of further ones are refused.");
    private static final Setting SESSIONS_PER_NODE_MAX = Setting.number(
            "MUSTER_INGRESS_SESSIONS_PER_NODE_MAX",
            4,
            1,
            1_000,
            "Sessions of one node on this gateway; beyond that the oldest is ended.");
    private static final Setting CONNECTION_AGE_MS = Setting.number(
            "MUSTER_INGRESS_CONNECTION_AGE_MS",
            3_600_000,
            0,
            604_800_000,
            "After about that long an agent is asked to reconnect, so that agents spread over new gateways; 0: never.");
    private static final Setting PLAINTEXT = Setting.text(
            "MUSTER_INGRESS_PLAINTEXT",
            "false",
            "Whether agents may connect without TLS from other machines: true or false.");
    private static final Setting HEARTBEAT_INTERVAL_MS = Setting.number(
            "MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS",
            10_000,
            100,
            600_000,
            "How often agents send a heartbeat; a stream without three of them is closed.");
    private static final Setting HELLO_TIMEOUT_MS = Setting.number(
            "MUSTER_INGRESS_HELLO_TIMEOUT_MS", 10_000, 100, 60_000, "Until an agent must have sent its first message.");
    private static final Setting HEARTBEAT_BYTES_MAX =
            Setting.number("MUSTER_INGRESS_HEARTBEAT_BYTES_MAX", 65_536, 1_024, 262_144, "Largest heartbeat.");
    private static final Setting HEARTBEATS_PER_SECOND_MAX = Setting.number(
            "MUSTER_INGRESS_HEARTBEATS_PER_SECOND_MAX",
            20,
            1,
            10_000,
            "Heartbeats that one agent may send in the long run; twice as many at once.");
    private static final Setting HEARTBEATS_TOTAL_MAX = Setting.number(
            "MUSTER_INGRESS_HEARTBEATS_TOTAL_MAX",
            20_000,
            1,
            1_000_000,
            "Heartbeats a second of all agents of the gateway: with more agents, new sessions are given a longer interval.");
    private static final Setting TASK_EVENTS_PER_SECOND_MAX = Setting.number(
            "MUSTER_INGRESS_TASK_EVENTS_PER_SECOND_MAX",
            500,
            1,
            100_000,
            "Task events that one agent may send in the long run; ten times as many at once.");
    private static final Setting HEARTBEATS_WAITING_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_HEARTBEATS_WAITING_BYTES_MAX",
            67_108_864,
            1_024,
            4_294_967_296L,
            "Newest heartbeats, one per node, that wait for the broker.");
    private static final Setting HEARTBEAT_ROUND_MS = Setting.number(
            "MUSTER_INGRESS_HEARTBEAT_ROUND_MS",
            50,
            0,
            1_000,
            "Heartbeats are published together, in rounds with that much time between them; up to 50 ms more where nothing else is to be sent.");
    private static final Setting JOIN_TIMEOUT_MS = Setting.number(
            "MUSTER_INGRESS_JOIN_TIMEOUT_MS", 5_000, 100, 60_000, "How long a join waits for the registry.");
    private static final Setting JOINS_MAX =
            Setting.number("MUSTER_INGRESS_JOINS_MAX", 1_000, 1, 100_000, "Joins under way.");
    private static final Setting DIRECTORY_WAIT_MS = Setting.number(
            "MUSTER_INGRESS_DIRECTORY_WAIT_MS",
            3_000,
            0,
            60_000,
            "How long a genuine credential waits for the table of nodes to know it.");
    private static final Setting SESSIONS_MAX =
            Setting.number("MUSTER_INGRESS_SESSIONS_MAX", 200_000, 1, 10_000_000, "Agents connected at once.");
    private static final Setting CALLS_PER_CONNECTION_MAX = Setting.number(
            "MUSTER_INGRESS_CALLS_PER_CONNECTION_MAX", 100, 2, 1_000_000, "gRPC calls open on one connection.");
    private static final Setting RESETS_PER_CONNECTION_MAX = Setting.number(
            "MUSTER_INGRESS_RESETS_PER_CONNECTION_MAX",
            2_000,
            2,
            1_000_000,
            "Calls of one connection that an agent breaks off, or that are refused, within half a minute, and at least twenty times the calls open at once; beyond that the connection is ended.");
    private static final Setting MESSAGE_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_MESSAGE_BYTES_MAX", 262_144, 65_536, 4_194_304, "Largest message of an agent.");
    private static final Setting FLOW_CONTROL_WINDOW_BYTES = Setting.number(
            "MUSTER_INGRESS_FLOW_CONTROL_WINDOW_BYTES",
            262_144,
            65_535,
            16_777_216,
            "HTTP/2 window of one stream: what may be buffered unread per stream.");
    private static final Setting DOWNSTREAM_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_DOWNSTREAM_BYTES_MAX",
            2_097_152,
            1_024,
            67_108_864,
            "Messages that wait for one agent to read; beyond that it is disconnected.");
    private static final Setting EVENT_BYTES_MAX = Setting.number(
            "MUSTER_INGRESS_EVENT_BYTES_MAX",
            524_288,
            1_024,
            67_108_864,
            "Events of one agent that wait for the broker; beyond that it is disconnected.");
    private static final Setting CONTROL_BUFFER_BYTES = Setting.number(
            "MUSTER_INGRESS_CONTROL_BUFFER_BYTES",
            8_388_608,
            1_048_576,
            1_073_741_824,
            "Buffer of the producer of heartbeats, events and joins.");
    private static final Setting BULK_BUFFER_BYTES = Setting.number(
            "MUSTER_INGRESS_BULK_BUFFER_BYTES",
            67_108_864,
            4_194_304,
            4_294_967_296L,
            "Buffer of the producer of output. With four times MUSTER_INGRESS_OUTPUT_BYTES_MAX, output never waits in line for room in it.");
    private static final Setting BULK_LINGER_MS = Setting.number(
            "MUSTER_INGRESS_BULK_LINGER_MS", 5, 0, 1_000, "How long output waits for more before it is sent.");
    private static final Setting BROKER_SILENCE_MS = Setting.number(
            "MUSTER_INGRESS_BROKER_SILENCE_MS",
            2_500,
            100,
            60_000,
            "Without an answer of the broker for that long, joins are refused at once.");
    private static final Setting DRAIN_MS = Setting.number(
            "MUSTER_INGRESS_DRAIN_MS", 5_000, 0, 600_000, "How long agents get to leave when this gateway stops.");

    public static final List<Setting> SETTINGS = settings();

    /** The key of the credentials; prints nothing of itself. */
    @SuppressWarnings("ArrayRecordComponent") // one holder, never compared
    public record Secret(byte[] bytes) {
        @Override
        public String toString() {
            return "Secret";
        }
    }

    /**
     * @throws dev.muster.kit.settings.BadSettingsException with all mistakes
     */
    public static IngressConfig from(Map<String, String> variables) {
        Env env = new Env(variables);
        IngressConfig config = new IngressConfig(
                KafkaSettings.from(env),
                env.required(BIND),
                env.integer(PORT),
                env.required(HTTP_BIND),
                env.integer(HTTP_PORT),
                credentialKey(env),
                TlsFiles.from(env),
                env.integer(CONNECTS_PER_SECOND_MAX),
                env.integer(CALLS_PER_NODE_PER_MINUTE_MAX),
                env.integer(CALLS_PER_ADDRESS_PER_SECOND_MAX),
                env.integer(CONNECTIONS_PER_ADDRESS_MAX),
                env.integer(SESSIONS_PER_NODE_MAX),
                env.number(CONNECTION_AGE_MS),
                env.integer(HEARTBEAT_INTERVAL_MS),
                env.integer(HELLO_TIMEOUT_MS),
                env.integer(HEARTBEAT_BYTES_MAX),
                env.integer(HEARTBEATS_PER_SECOND_MAX),
                env.integer(HEARTBEATS_TOTAL_MAX),
                env.integer(TASK_EVENTS_PER_SECOND_MAX),
                env.number(HEARTBEATS_WAITING_BYTES_MAX),
                env.integer(HEARTBEAT_ROUND_MS),
                env.integer(JOIN_TIMEOUT_MS),
                env.integer(JOINS_MAX),
                env.integer(DIRECTORY_WAIT_MS),
                env.integer(SESSIONS_MAX),
                env.integer(CALLS_PER_CONNECTION_MAX),
                env.integer(RESETS_PER_CONNECTION_MAX),
                env.integer(MESSAGE_BYTES_MAX),
                env.integer(FLOW_CONTROL_WINDOW_BYTES),
                OutputConfig.from(env),
                env.number(DOWNSTREAM_BYTES_MAX),
                env.number(EVENT_BYTES_MAX),
                env.number(CONTROL_BUFFER_BYTES),
                env.number(BULK_BUFFER_BYTES),
                env.integer(BULK_LINGER_MS),
                env.integer(BROKER_SILENCE_MS),
                env.integer(DRAIN_MS));
        config.checkReach(env);
        env.throwIfMistaken();
        return config;
    }

    private void checkReach(Env env) {
        boolean plaintext = env.flag(PLAINTEXT);
        if (!tls.isUsed() && !plaintext && !isLoopback(env)) {
            env.mistake(BIND, "other machines can reach this address: set TLS files, or MUSTER_INGRESS_PLAINTEXT=true");
        }
    }

    private boolean isLoopback(Env env) {
        try {
            return InetAddress.getByName(bind).isLoopbackAddress();
        } catch (UnknownHostException e) {
            env.mistake(BIND, "no such address");
            return true;
        }
    }

    private static Secret credentialKey(Env env) {
        String file = env.required(CREDENTIAL_KEY_FILE);
        if (file.isEmpty()) {
            return new Secret(new byte[0]);
        }
        try {
            byte[] key = Base64.getUrlDecoder()
                    .decode(Files.readString(Path.of(file), StandardCharsets.US_ASCII)
                            .strip());
            if (key.length != 32) {
                env.mistake(CREDENTIAL_KEY_FILE, "expected 32 bytes, base64url");
            }
            return new Secret(key);
        } catch (IOException e) {
            env.mistake(CREDENTIAL_KEY_FILE, "the file cannot be read");
        } catch (IllegalArgumentException e) {
            env.mistake(CREDENTIAL_KEY_FILE, "expected 32 bytes, base64url");
        }
        return new Secret(new byte[0]);
    }

    private static List<Setting> settings() {
        return Stream.of(
                        List.of(BIND, PORT, HTTP_BIND, HTTP_PORT, CREDENTIAL_KEY_FILE),
                        TlsFiles.SETTINGS,
                        List.of(
                                CONNECTS_PER_SECOND_MAX,
                                CALLS_PER_NODE_PER_MINUTE_MAX,
                                CALLS_PER_ADDRESS_PER_SECOND_MAX,
                                CONNECTIONS_PER_ADDRESS_MAX,
                                SESSIONS_PER_NODE_MAX,
                                CONNECTION_AGE_MS,
                                PLAINTEXT,
                                HEARTBEAT_INTERVAL_MS,
                                HELLO_TIMEOUT_MS,
                                HEARTBEAT_BYTES_MAX,
                                HEARTBEATS_PER_SECOND_MAX,
                                HEARTBEATS_TOTAL_MAX,
                                TASK_EVENTS_PER_SECOND_MAX,
                                HEARTBEATS_WAITING_BYTES_MAX,
                                HEARTBEAT_ROUND_MS,
                                JOIN_TIMEOUT_MS,
                                JOINS_MAX,
                                DIRECTORY_WAIT_MS,
                                SESSIONS_MAX,
                                CALLS_PER_CONNECTION_MAX,
                                RESETS_PER_CONNECTION_MAX,
                                MESSAGE_BYTES_MAX,
                                FLOW_CONTROL_WINDOW_BYTES),
                        OutputConfig.SETTINGS,
                        List.of(
                                DOWNSTREAM_BYTES_MAX,
                                EVENT_BYTES_MAX,
                                CONTROL_BUFFER_BYTES,
                                BULK_BUFFER_BYTES,
                                BULK_LINGER_MS,
                                BROKER_SILENCE_MS,
                                DRAIN_MS))
                .flatMap(List::stream)
                .toList();
    }
}
