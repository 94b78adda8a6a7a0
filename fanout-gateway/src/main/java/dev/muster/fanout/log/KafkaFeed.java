package dev.muster.fanout.log;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.log.catchup.CatchUp;
import dev.muster.fanout.log.ring.RecordParser;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.fanout.log.tokens.ResumeTokens;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** The feed of a real cluster: two consumers, and an admin client that says which cluster and topic it is. */
public final class KafkaFeed implements AutoCloseable {
    private final KafkaSettings kafka;
    private final byte[] tokenKey;
    private final Admin admin;
    private final PartitionTails changes;
    private final CatchUp older;
    private final PartitionTails output;
    private final TopicWatch topics;
    private volatile CompletableFuture<ResumeTokens> tokens = new CompletableFuture<>();
    private volatile @Nullable ResumeTokens known;

    /**
     * @param limits of each of the two topics
     * @param catchUp limits of reading old views again
     * @param tokenKey signs resume tokens; the same on all gateways
     */
    public KafkaFeed(
            KafkaSettings kafka,
            PartitionTails.Limits limits,
            CatchUp.Limits catchUp,
            byte[] tokenKey,
            LongSupplier nanos,
            Threads threads) {
        this.kafka = kafka;
        this.tokenKey = tokenKey.clone();
        Map<String, Object> properties = new HashMap<>(kafka.properties());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "muster-fanout-feed");
        this.admin = Admin.create(properties);
        RecordParser views = new RecordParser(ViewRecords.changes());
        this.changes = tails(Topic.VIEWS, views, limits, this::onLost, nanos, threads);
        this.older = new CatchUp(
                kafka.names().of(Topic.VIEWS),
                kafka.partitions().of(Topic.VIEWS.spread()),
                consumers(Topic.VIEWS, "-past"),
                views,
                changes::ring,
                catchUp,
                nanos,
                threads);
        this.output =
                tails(Topic.VIEW_TERMINALS, new RecordParser(ViewRecords.output()), limits, () -> {}, nanos, threads);
        this.topics = new TopicWatch(
                admin,
                List.of(kafka.names().of(Topic.VIEWS), kafka.names().of(Topic.VIEW_TERMINALS)),
                new TopicWatch.Listener() {
                    @Override
                    public void onTopic(String name, ClusterIdentity identity, boolean recreated) {
                        KafkaFeed.this.onTopic(name, identity, recreated);
                    }

                    @Override
                    public void onFailure(Throwable failure) {
                        KafkaFeed.this.onFailure(failure);
                    }
                },
                "fanout-topics",
                threads);
    }

    public void start() {
        changes.start();
        older.start();
        output.start();
        topics.start();
    }

    public Feed feed() {
        return new Feed(changes, older, output, kafka.partitions(), () -> tokens);
    }

    /** Whether the topics that it reads were there when the broker was last asked. */
    public boolean topicsPresent() {
        return topics.present();
    }

    @Override
    public void close() {
        topics.close();
        older.close();
        changes.close();
        output.close();
        admin.close(Duration.ofSeconds(1));
    }

    private void onTopic(String name, ClusterIdentity identity, boolean recreated) {
        if (name.equals(kafka.names().of(Topic.VIEW_TERMINALS))) {
            if (recreated) {
                output.restart();
            }
            return;
        }
        // sessions that have their gap ask for the new tokens, so these come first
        ResumeTokens made = new ResumeTokens(tokenKey, identity);
        known = made;
        if (!tokens.complete(made)) {
            tokens = CompletableFuture.completedFuture(made);
        }
        if (recreated) {
            older.restart();
            changes.restart();
        }
    }

    // records were lost: most likely it is another topic, so no session gets a token until that is known
    private void onLost() {
        CompletableFuture<ResumeTokens> asked = new CompletableFuture<>();
        tokens = asked;
        var unused = topics.check().whenComplete((checked, failure) -> {
            @Nullable ResumeTokens now = known;
            if (now != null) {
                asked.complete(now);
            }
        });
    }

    // waiting callers are told
    private void onFailure(Throwable failure) {
        CompletableFuture<ResumeTokens> asked = tokens;
        @Nullable ResumeTokens now = known;
        if (!asked.isDone()) {
            tokens = now == null ? new CompletableFuture<>() : CompletableFuture.completedFuture(now);
            asked.completeExceptionally(
                    new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", failure));
        }
    }

    private PartitionTails tails(
            Topic topic,
            RecordParser parser,
            PartitionTails.Limits limits,
            Runnable onLost,
            LongSupplier nanos,
            Threads threads) {
        return new PartitionTails(
                kafka.names().of(topic),
                kafka.partitions().of(topic.spread()),
                consumers(topic, ""),
                parser,
                limits,
                onLost,
                nanos,
                threads);
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
