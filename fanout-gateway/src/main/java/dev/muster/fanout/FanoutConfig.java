package dev.muster.fanout;

import dev.muster.fanout.auth.SignInConfig;
import dev.muster.fanout.lines.LinesConfig;
import dev.muster.fanout.output.OutputConfig;
import dev.muster.fanout.transport.entry.StreamConfig;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.kit.settings.Setting;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Settings of the HTTP side.
 *
 * @param httpPort 0 picks a free one
 * @param registry {@code host:port} of the query service, of one or more instances, separated by commas
 * @param userKeyFile holds the key that signs users' tokens
 * @param agentAddress {@code host:port} that join lines name
 * @param agentOptions options that join lines give the agent besides, or nothing
 * @param origins further origins whose pages may use the cookie
 * @param metricsRemote whether {@code /metrics} answers others than loopback
 * @param commandTimeout within which a change has its turn, and from then on is answered
 * @param nodeTimeout what each node of a list adds to it
 */
public record FanoutConfig(
        KafkaSettings kafka,
        String httpHost,
        int httpPort,
        String registry,
        String userKeyFile,
        String agentAddress,
        String agentOptions,
        List<String> origins,
        boolean cookieSecure,
        boolean metricsRemote,
        Duration session,
        Duration commandTimeout,
        int commandsPendingMax,
        int commandsWaitingBytesMax,
        int commandsAtOnceMax,
        Duration nodeTimeout,
        int publishBytesMax,
        int answerBytesMax,
        int mutationsPerMinute,
        int nodesPerRequestMax,
        int ticketsMax,
        int historyReadsMax,
        int historyReadsPerUserMax,
        Duration outputStall,
        Duration requestHead,
        Duration request,
        Duration vanished,
        Duration drain,
        SignInConfig signIn,
        OutputConfig output,
        LinesConfig lines,
        StreamConfig stream) {
    public static final Setting HTTP_HOST =
            Setting.text("MUSTER_FANOUT_HTTP_HOST", "127.0.0.1", "Address on which the page and the API listen.");
    public static final Setting HTTP_PORT = Setting.number(
            "MUSTER_FANOUT_HTTP_PORT", 8_080, 0, 65_535, "Port of the page and the API; 0 picks a free one.");
    public static final Setting REGISTRY = Setting.text(
            "MUSTER_FANOUT_REGISTRY",
            "127.0.0.1:7070",
            "host:port of the registry's query service, or of several instances, separated by commas: any of them answers.");
    public static final Setting USER_KEY_FILE = Setting.text(
            "MUSTER_FANOUT_USER_KEY_FILE", "", "File with the key of users' tokens: 32 bytes as base64url.");
    public static final Setting AGENT_ADDRESS = Setting.text(
            "MUSTER_FANOUT_AGENT_ADDRESS",
            "127.0.0.1:7443",
            "host:port of the ingress gateway, as join lines name it.");
    public static final Setting AGENT_OPTIONS = Setting.text(
            "MUSTER_FANOUT_AGENT_OPTIONS",
            "",
            "What join lines tell the agent besides: --ca FILE, or --plaintext where the ingress gateway has no TLS.");
    public static final Setting ORIGINS = Setting.text(
            "MUSTER_FANOUT_ORIGINS",
            "",
            "Origins besides the own whose pages may use the cookie, comma-separated: https://muster.example.com.");
    public static final Setting COOKIE_SECURE =
            Setting.text("MUSTER_FANOUT_COOKIE_SECURE", "false", "true where browsers reach the page over TLS only.");
    public static final Setting METRICS_REMOTE =
            Setting.text("MUSTER_FANOUT_METRICS_REMOTE", "false", "Whether /metrics answers others than this machine.");
    public static final Setting SESSION_HOURS =
            Setting.number("MUSTER_FANOUT_SESSION_HOURS", 12, 1, 720, "How long a browser stays signed in.");
    public static final Setting COMMAND_TIMEOUT_MS = Setting.number(
            "MUSTER_FANOUT_COMMAND_TIMEOUT_MS",
            5_000,
            100,
            60_000,
            "How long a change may wait for its turn, and again how long the registry may take to make it; then the answer is 503.");
    public static final Setting COMMANDS_PENDING_MAX = Setting.number(
            "MUSTER_FANOUT_COMMANDS_PENDING_MAX",
            10_000,
            1,
            1_000_000,
            "Changes that may wait for their turn at once, a quarter of them one user's.");
    public static final Setting COMMANDS_WAITING_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_COMMANDS_WAITING_BYTES_MAX",
            16 << 20,
            1 << 20,
            1 << 30,
            "Bytes of the changes that wait for their turn, a quarter of them one user's; more is refused.");
    public static final Setting COMMANDS_AT_ONCE_MAX = Setting.number(
            "MUSTER_FANOUT_COMMANDS_AT_ONCE_MAX",
            512,
            1,
            100_000,
            "Changes that may be with the registry at once while it answers quickly; fewer when it is slow.");
    public static final Setting NODE_TIMEOUT_MS = Setting.number(
            "MUSTER_FANOUT_NODE_TIMEOUT_MS",
            80,
            1,
            10_000,
            "Time that each node of a list adds to the time for one change: 25 s for 250 nodes.");
    public static final Setting PUBLISH_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_PUBLISH_BYTES_MAX",
            16 << 20,
            1 << 20,
            1 << 30,
            "Bytes of records that may wait for the broker at once; more is refused.");
    public static final Setting ANSWER_BYTES_MAX = Setting.number(
            "MUSTER_FANOUT_ANSWER_BYTES_MAX", 32 << 20, 1 << 20, 1 << 30, "Largest answer taken from the registry.");
    public static final Setting MUTATIONS_PER_MINUTE = Setting.number(
            "MUSTER_FANOUT_MUTATIONS_PER_MINUTE",
            1_200,
            1,
            10_000_000,
            "Changes that a user may make per minute, and at once.");
    public static final Setting NODES_PER_REQUEST_MAX = Setting.number(
            "MUSTER_FANOUT_NODES_PER_REQUEST_MAX", 1_000, 1, 10_000, "Nodes that one request may create.");
    public static final Setting TICKETS_MAX = Setting.number(
            "MUSTER_FANOUT_TICKETS_MAX",
            10_000,
            1,
            1_000_000,
            "Unused stream tickets, and sign-in codes, kept at once.");
    public static final Setting HISTORY_READS_MAX = Setting.number(
            "MUSTER_FANOUT_HISTORY_READS_MAX",
            64,
            1,
            10_000,
            "Answers with history that are made or taken at once, some MiB each; one more is refused as rate-limited.");
    public static final Setting HISTORY_READS_PER_USER_MAX = Setting.number(
            "MUSTER_FANOUT_HISTORY_READS_PER_USER_MAX",
            8,
            1,
            10_000,
            "Answers with history that are made or taken at once for one user; one more is refused as rate-limited.");
    public static final Setting OUTPUT_STALL_MS = Setting.number(
            "MUSTER_FANOUT_OUTPUT_STALL_MS",
            30_000,
            100,
            3_600_000,
            "A download that takes nothing for so long is cut.");
    public static final Setting REQUEST_HEAD_MS = Setting.number(
            "MUSTER_FANOUT_REQUEST_HEAD_MS",
            10_000,
            100,
            600_000,
            "Within which the head of a request arrives; the connection is closed else.");
    public static final Setting REQUEST_MS = Setting.number(
            "MUSTER_FANOUT_REQUEST_MS",
            60_000,
            100,
            600_000,
            "Within which a request arrives, head and body; the connection is closed else.");
    public static final Setting VANISHED_SECONDS = Setting.number(
            "MUSTER_FANOUT_VANISHED_SECONDS",
            60,
            6,
            86_400,
            "A client that has gone without a word is found out after so long, also while nothing is sent to it.");
    public static final Setting DRAIN_MS = Setting.number(
            "MUSTER_FANOUT_DRAIN_MS", 5_000, 0, 600_000, "How long a stop waits for what is being answered.");
    /** Every setting, for the reference table. */
    public static final List<Setting> SETTINGS = Stream.of(
                    List.of(
                            HTTP_HOST,
                            HTTP_PORT,
                            REGISTRY,
                            USER_KEY_FILE,
                            AGENT_ADDRESS,
                            AGENT_OPTIONS,
                            ORIGINS,
                            COOKIE_SECURE,
                            METRICS_REMOTE,
                            SESSION_HOURS,
                            COMMAND_TIMEOUT_MS,
                            COMMANDS_PENDING_MAX,
                            COMMANDS_WAITING_BYTES_MAX,
                            COMMANDS_AT_ONCE_MAX,
                            NODE_TIMEOUT_MS,
                            PUBLISH_BYTES_MAX,
                            ANSWER_BYTES_MAX,
                            MUTATIONS_PER_MINUTE,
                            NODES_PER_REQUEST_MAX,
                            TICKETS_MAX,
                            HISTORY_READS_MAX,
                            HISTORY_READS_PER_USER_MAX,
                            OUTPUT_STALL_MS,
                            REQUEST_HEAD_MS,
                            REQUEST_MS,
                            VANISHED_SECONDS,
                            DRAIN_MS),
                    SignInConfig.SETTINGS,
                    OutputConfig.SETTINGS,
                    LinesConfig.SETTINGS,
                    StreamConfig.SETTINGS)
            .flatMap(List::stream)
            .toList();

    public FanoutConfig {
        origins = List.copyOf(origins);
    }

    /** @throws dev.muster.kit.settings.BadSettingsException with every mistake */
    public static FanoutConfig from(Map<String, String> variables) {
        Env env = new Env(variables);
        FanoutConfig config = from(env);
        env.throwIfMistaken();
        return config;
    }

    /** Mistakes stay in {@code env}; the caller reports all of them together. */
    public static FanoutConfig from(Env env) {
        return new FanoutConfig(
                KafkaSettings.from(env),
                env.required(HTTP_HOST),
                env.integer(HTTP_PORT),
                env.required(REGISTRY),
                env.required(USER_KEY_FILE),
                env.required(AGENT_ADDRESS),
                env.text(AGENT_OPTIONS),
                Arrays.stream(env.text(ORIGINS).split(",", -1))
                        .map(String::strip)
                        .filter(origin -> !origin.isEmpty())
                        .toList(),
                env.flag(COOKIE_SECURE),
                env.flag(METRICS_REMOTE),
                Duration.ofHours(env.number(SESSION_HOURS)),
                Duration.ofMillis(env.number(COMMAND_TIMEOUT_MS)),
                env.integer(COMMANDS_PENDING_MAX),
                env.integer(COMMANDS_WAITING_BYTES_MAX),
                env.integer(COMMANDS_AT_ONCE_MAX),
                Duration.ofMillis(env.number(NODE_TIMEOUT_MS)),
                env.integer(PUBLISH_BYTES_MAX),
                env.integer(ANSWER_BYTES_MAX),
                env.integer(MUTATIONS_PER_MINUTE),
                env.integer(NODES_PER_REQUEST_MAX),
                env.integer(TICKETS_MAX),
                env.integer(HISTORY_READS_MAX),
                env.integer(HISTORY_READS_PER_USER_MAX),
                Duration.ofMillis(env.number(OUTPUT_STALL_MS)),
                Duration.ofMillis(env.number(REQUEST_HEAD_MS)),
                Duration.ofMillis(env.number(REQUEST_MS)),
                Duration.ofSeconds(env.number(VANISHED_SECONDS)),
                Duration.ofMillis(env.number(DRAIN_MS)),
                SignInConfig.from(env),
                OutputConfig.from(env),
                LinesConfig.from(env),
                StreamConfig.from(env));
    }
}
