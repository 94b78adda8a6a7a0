package dev.muster.fanout.feed;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.settings.KafkaSettings;
import dev.muster.contract.topics.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** The feed of a real cluster: two consumers, and an admin client that says which cluster and topic it is. */
public final class KafkaFeed implements AutoCloseable {
    private static final int ANSWER_MS = 5_000;

    private final KafkaSettings kafka;
    private final byte[] tokenKey;
    private final Admin admin;
    private final PartitionTails changes;
    private final CatchUp older;
    private final PartitionTails output;
    private volatile @Nullable CompletableFuture<ResumeTokens> tokens;

    /**
     * @param limits of each of the two topics
     * @param catchUp limits of what reads the past of the views
     * @param tokenKey signs resume tokens; the same on all gateways
     */
    public KafkaFeed(
            KafkaSettings kafka,
            PartitionTails.Limits limits,
            CatchUp.Limits catchUp,
            byte[] tokenKey,
            LongSupplier nanos) {
        this.kafka = kafka;
        this.tokenKey = tokenKey.clone();
        Map<String, Object> properties = new HashMap<>(kafka.properties());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "muster-fanout-feed");
        this.admin = Admin.create(properties);
        RecordParser views = new RecordParser(ViewRecords.changes());
        this.changes = tails(Topic.VIEWS, views, limits, nanos);
        this.older = new CatchUp(
                kafka.names().of(Topic.VIEWS),
                kafka.partitions().of(Topic.VIEWS.spread()),
                consumers(Topic.VIEWS, "-past"),
                views,
                changes::ring,
                catchUp,
                nanos);
        this.output = tails(Topic.VIEW_TERMINALS, new RecordParser(ViewRecords.output()), limits, nanos);
    }

    public void start() {
        changes.start();
        older.start();
        output.start();
    }

    public Feed feed() {
        return new Feed(changes, older, output, kafka.partitions(), this::tokens);
    }

    @Override
    public void close() {
        older.close();
        changes.close();
        output.close();
        admin.close(Duration.ofSeconds(1));
    }

    private CompletableFuture<ResumeTokens> tokens() {
        @Nullable CompletableFuture<ResumeTokens> known = tokens;
        if (known == null || known.isCompletedExceptionally()) {
            known = ask();
            tokens = known;
        }
        return known;
    }

    private CompletableFuture<ResumeTokens> ask() {
        String views = kafka.names().of(Topic.VIEWS);
        CompletableFuture<String> clusterId = admin.describeCluster(new DescribeClusterOptions().timeoutMs(ANSWER_MS))
                .clusterId()
                .toCompletionStage()
                .toCompletableFuture();
        CompletableFuture<String> topicId = admin.describeTopics(
                        List.of(views), new DescribeTopicsOptions().timeoutMs(ANSWER_MS))
                .allTopicNames()
                .toCompletionStage()
                .toCompletableFuture()
                .thenApply(KafkaFeed::idOfFirst);
        return clusterId
                .thenCombine(
                        topicId, (cluster, topic) -> new ResumeTokens(tokenKey, new ClusterIdentity(cluster, topic)))
                .handle((made, failure) -> {
                    if (failure != null) {
                        throw new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", failure);
                    }
                    return made;
                });
    }

    private static String idOfFirst(Map<String, TopicDescription> topics) {
        return topics.values().iterator().next().topicId().toString();
    }

    private PartitionTails tails(Topic topic, RecordParser parser, PartitionTails.Limits limits, LongSupplier nanos) {
        return new PartitionTails(
                kafka.names().of(topic),
                kafka.partitions().of(topic.spread()),
                consumers(topic, ""),
                parser,
                limits,
                nanos);
    }

    private Supplier<Consumer<byte[], byte[]>> consumers(Topic topic, String suffix) {
        Map<String, Object> properties = new HashMap<>(kafka.properties());
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "muster-fanout-" + topic.baseName() + suffix);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // a partition that joins waits for the fetch that is under way
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1 << 20);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        return () -> new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
