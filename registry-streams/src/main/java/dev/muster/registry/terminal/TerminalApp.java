package dev.muster.registry.terminal;

import dev.muster.contract.topics.Topic;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.registry.streams.BadDataHandler;
import dev.muster.registry.streams.RocksMemory;
import dev.muster.registry.streams.StateDisk;
import dev.muster.registry.streams.StreamsApp;
import dev.muster.registry.streams.StreamsSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The terminal app: its topology, its life and its queries. Thread-safe. */
public final class TerminalApp implements AutoCloseable {
    private static final long TOPIC_ID_TIMEOUT_SECONDS = 30;
    /**
     * Upper bound on one partition's fetch, compressed. A busy terminal delays the other partitions by at most this
     * much work. A little more than a batch of the ingress gateway (256 KiB): a larger batch arrives only when its
     * partition is the first in an answer.
     */
    static final int PARTITION_FETCH_BYTES = 288 << 10;

    private final StreamsApp app;
    private final TerminalQueries queries;
    private final TerminalQueries copies;

    /**
     * @param stdout closed after this
     * @param memory shared by all stores of the process; closed after this
     */
    public TerminalApp(
            KafkaSettings kafka,
            StreamsSettings streams,
            TerminalSettings settings,
            StdoutTopic stdout,
            RocksMemory memory,
            MeterRegistry meters,
            StateDisk disk,
            Threads threads) {
        app = new StreamsApp(
                streams.terminal().name(),
                TerminalTopology.build(kafka.names(), settings, stdout, stdout, new TerminalMetrics(meters)),
                properties(kafka, streams, memory, meters),
                streams,
                disk,
                stdout::brokerAnswers,
                threads);
        queries = new TerminalQueries(kafka.partitions(), partition -> store(partition, false));
        copies = new TerminalQueries(kafka.partitions(), partition -> store(partition, true));
    }

    static Properties properties(
            KafkaSettings kafka, StreamsSettings streams, RocksMemory memory, MeterRegistry meters) {
        Properties properties = streams.properties(streams.terminal(), kafka, memory);
        properties.put(BadDataHandler.METRICS_CONFIG, meters);
        properties.put(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
                PARTITION_FETCH_BYTES);
        return properties;
    }

    /**
     * Asks the broker for the id that muster.stdout has now.
     *
     * @throws IllegalStateException if the broker does not answer within 30 s or there is no such topic
     * @throws InterruptedException if interrupted meanwhile
     */
    public static String topicIdOfStdout(Admin admin, KafkaSettings kafka) throws InterruptedException {
        String name = kafka.names().of(Topic.STDOUT);
        try {
            TopicDescription stdout = admin.describeTopics(List.of(name))
                    .allTopicNames()
                    .get(TOPIC_ID_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .get(name);
            if (stdout == null) {
                throw new IllegalStateException("there is no topic " + name);
            }
            return stdout.topicId().toString();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("cannot describe " + name, e);
        }
    }

    public void start() {
        app.start();
    }

    /** Completes when all partitions are restored for the first time; fails if the app stops before. */
    public CompletableFuture<Void> running() {
        return app.running();
    }

    /** Completes, with the reason, if it stops by itself or stands still for good. */
    public CompletableFuture<String> failed() {
        return app.failed();
    }

    public KafkaStreams.State state() {
        return app.state();
    }

    /** What is wrong with it, or nothing. */
    public Optional<String> problem() {
        return app.problem();
    }

    public KafkaStreams streams() {
        return app.streams();
    }

    public TerminalQueries queries() {
        return queries;
    }

    /** Reads of what this instance owns or keeps a copy of; a copy can be old. */
    public TerminalQueries copies() {
        return copies;
    }

    @Override
    public void close() {
        app.close();
    }

    private ReadOnlyKeyValueStore<Bytes, byte[]> store(int partition, boolean stale) {
        StoreQueryParameters<ReadOnlyKeyValueStore<Bytes, byte[]>> active = StoreQueryParameters.fromNameAndType(
                        TerminalTopology.STORE, QueryableStoreTypes.<Bytes, byte[]>keyValueStore())
                .withPartition(partition);
        return app.streams().store(stale ? active.enableStaleStores() : active);
    }
}
