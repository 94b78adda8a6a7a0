package dev.muster.registry.streams;

import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.kit.settings.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Settings of both apps. Both are exactly-once: their latency is about the commit interval, and a crash freezes readers
 * of committed records for the transaction timeout at most.
 */
public record StreamsSettings(
        Path stateDir,
        AppSettings control,
        AppSettings terminal,
        int transactionTimeoutMs,
        int sessionTimeoutMs,
        int heartbeatMs,
        int lingerMs,
        long rocksCacheBytes,
        long rocksMemtablesBytes,
        int threadReplacementsMax,
        int standstillMs,
        long diskFreeBytesMin,
        int standbys,
        String server) {
    /** One app's own share. */
    public record AppSettings(String name, int commitIntervalMs, int threads) {}

    private static final Setting STATE_DIR = Setting.text(
            "MUSTER_REGISTRY_STATE_DIR",
            "/var/lib/muster/registry",
            "Where the state stores are. Keep it over restarts: a restart on the same directory fences its predecessor at once.");
    private static final Setting CONTROL_COMMIT_MS = Setting.number(
            "MUSTER_REGISTRY_CONTROL_COMMIT_MS",
            50,
            5,
            1_000,
            "Commit interval of the control app; about its latency.");
    private static final Setting TERMINAL_COMMIT_MS = Setting.number(
            "MUSTER_REGISTRY_TERMINAL_COMMIT_MS",
            25,
            5,
            1_000,
            "Commit interval of the terminal app; about its latency.");
    private static final Setting CONTROL_THREADS =
            Setting.number("MUSTER_REGISTRY_CONTROL_THREADS", 1, 1, 64, "Stream threads of the control app.");
    private static final Setting TERMINAL_THREADS =
            Setting.number("MUSTER_REGISTRY_TERMINAL_THREADS", 1, 1, 64, "Stream threads of the terminal app.");
    private static final Setting TRANSACTION_TIMEOUT_MS = Setting.number(
            "MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS",
            3_000,
            1_000,
            60_000,
            "After which the broker aborts the transaction of a registry that died.");
    private static final Setting SESSION_TIMEOUT_MS = Setting.number(
            "MUSTER_REGISTRY_SESSION_TIMEOUT_MS",
            3_000,
            1_000,
            300_000,
            "After which a silent registry's work moves to another one; the broker's group.min.session.timeout.ms must allow it.");
    private static final Setting HEARTBEAT_MS =
            Setting.number("MUSTER_REGISTRY_HEARTBEAT_MS", 250, 100, 60_000, "Heartbeat of the group membership.");
    private static final Setting LINGER_MS = Setting.number(
            "MUSTER_REGISTRY_LINGER_MS", 5, 0, 1_000, "How long the producers wait for a batch to fill.");
    private static final Setting ROCKS_CACHE_BYTES = Setting.number(
            "MUSTER_REGISTRY_ROCKS_CACHE_BYTES",
            64L << 20,
            8L << 20,
            1L << 40,
            "Block cache of all RocksDB stores together, memtables included.");
    private static final Setting ROCKS_MEMTABLES_BYTES = Setting.number(
            "MUSTER_REGISTRY_ROCKS_MEMTABLES_BYTES",
            32L << 20,
            4L << 20,
            1L << 40,
            "Memtables of all RocksDB stores together.");
    private static final Setting THREAD_REPLACEMENTS_MAX = Setting.number(
            "MUSTER_REGISTRY_THREAD_REPLACEMENTS_MAX",
            5,
            0,
            1_000,
            "Stream threads replaced after a failure within ten minutes, after growing pauses; one more stops the app.");
    private static final Setting STANDSTILL_MS = Setting.number(
            "MUSTER_REGISTRY_STANDSTILL_MS",
            360_000,
            10_000,
            86_400_000,
            "How long an app may stand still, while the broker answers and nothing is restored, before the process ends with exit code 1. Longer than the five minutes for which members of a group may wait for each other.");
    private static final Setting DISK_FREE_BYTES_MIN = Setting.number(
            "MUSTER_REGISTRY_DISK_FREE_BYTES_MIN",
            64L << 20,
            0,
            1L << 50,
            "With less room on the disk of the state directory the registry is not ready, and says so.");
    private static final Setting STANDBYS = Setting.number(
            "MUSTER_REGISTRY_STANDBYS",
            1,
            0,
            4,
            "Copies of each store that other registry instances keep, where there are others, so that they can take over at once.");
    private static final int WARMUPS = 8;
    /** Kafka's default of 16 KiB is less than one block or segment of a busy terminal: each would be its own batch. */
    private static final int PRODUCER_BATCH_BYTES = 128 << 10;

    private static final long PROBING_MS = 60_000;
    public static final List<Setting> SETTINGS = List.of(
            STATE_DIR,
            CONTROL_COMMIT_MS,
            TERMINAL_COMMIT_MS,
            CONTROL_THREADS,
            TERMINAL_THREADS,
            TRANSACTION_TIMEOUT_MS,
            SESSION_TIMEOUT_MS,
            HEARTBEAT_MS,
            LINGER_MS,
            ROCKS_CACHE_BYTES,
            ROCKS_MEMTABLES_BYTES,
            THREAD_REPLACEMENTS_MAX,
            STANDSTILL_MS,
            DISK_FREE_BYTES_MIN,
            STANDBYS);

    public static StreamsSettings from(Env env) {
        StreamsSettings settings = new StreamsSettings(
                Path.of(env.required(STATE_DIR)),
                new AppSettings("control", env.integer(CONTROL_COMMIT_MS), env.integer(CONTROL_THREADS)),
                new AppSettings("terminal", env.integer(TERMINAL_COMMIT_MS), env.integer(TERMINAL_THREADS)),
                env.integer(TRANSACTION_TIMEOUT_MS),
                env.integer(SESSION_TIMEOUT_MS),
                env.integer(HEARTBEAT_MS),
                env.integer(LINGER_MS),
                env.number(ROCKS_CACHE_BYTES),
                env.number(ROCKS_MEMTABLES_BYTES),
                env.integer(THREAD_REPLACEMENTS_MAX),
                env.integer(STANDSTILL_MS),
                env.number(DISK_FREE_BYTES_MIN),
                env.integer(STANDBYS),
                "");
        int longestCommitMs = Math.max(settings.control.commitIntervalMs, settings.terminal.commitIntervalMs);
        if (settings.transactionTimeoutMs <= 4 * longestCommitMs) {
            env.mistake(TRANSACTION_TIMEOUT_MS, "expected more than four commit intervals");
        }
        if (settings.sessionTimeoutMs < 3 * settings.heartbeatMs) {
            env.mistake(SESSION_TIMEOUT_MS, "expected at least three heartbeats");
        }
        return settings;
    }

    /** The same, for an instance that others reach at this address. */
    public StreamsSettings reachedAt(String address) {
        return new StreamsSettings(
                stateDir,
                control,
                terminal,
                transactionTimeoutMs,
                sessionTimeoutMs,
                heartbeatMs,
                lingerMs,
                rocksCacheBytes,
                rocksMemtablesBytes,
                threadReplacementsMax,
                standstillMs,
                diskFreeBytesMin,
                standbys,
                address);
    }

    /**
     * Properties of one app. Client properties of the environment take precedence, except over those on which
     * correctness depends.
     *
     * @param memory shared by all stores of the process
     */
    public Properties properties(AppSettings app, KafkaSettings kafka, RocksMemory memory) {
        Properties properties = new Properties();
        properties.putAll(kafka.properties());
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, kafka.names().application(app.name()));
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, (long) app.commitIntervalMs());
        // a thread that waits for input commits nothing meanwhile: with the default of 100 ms a lone record would wait
        // so long
        properties.put(StreamsConfig.POLL_MS_CONFIG, (long) app.commitIntervalMs());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, app.threads());
        properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, server);
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, standbys);
        // an instance that joins is given what it has not caught up with one by one; these are the shortest steps
        properties.put(StreamsConfig.MAX_WARMUP_REPLICAS_CONFIG, WARMUPS);
        properties.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, PROBING_MS);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, kafka.replication());
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), transactionTimeoutMs);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), lingerMs);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), PRODUCER_BATCH_BYTES);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), sessionTimeoutMs);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), heartbeatMs);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocks.class);
        properties.put(RocksMemory.CONFIG, memory);
        properties.put(StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, AnyTimestamp.class);
        properties.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, BadDataHandler.class);
        properties.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, BadDataHandler.class);
        properties.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, BadDataHandler.class);
        properties.put(BadDataHandler.DLQ_TOPIC_CONFIG, kafka.names().of(Topic.DLQ));
        return properties;
    }
}
