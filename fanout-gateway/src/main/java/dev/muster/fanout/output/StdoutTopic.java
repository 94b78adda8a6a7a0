package dev.muster.fanout.output;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * The broker's facts about the output topic: its id, how long it keeps records, and its first record. Asked at most
 * once in a while. Thread-safe.
 */
public final class StdoutTopic {
    private static final int TIMEOUT_MS = 3_000;
    private static final Duration KEPT = Duration.ofSeconds(5);

    /** @param retention null: for ever, as far as time goes */
    public record Facts(String topicId, @Nullable Duration retention, Map<Integer, Long> firstOffsets) {}

    private record Kept(CompletableFuture<Facts> facts, long atNanos) {}

    private final Admin admin;
    private final String topic;
    private final BooleanSupplier brokerAnswers;
    private final LongSupplier nanoTime;
    private @Nullable Kept kept;

    /** @param brokerAnswers false: it is known to be away, and is not waited for */
    public StdoutTopic(Admin admin, BooleanSupplier brokerAnswers, String topic, LongSupplier nanoTime) {
        this.admin = admin;
        this.brokerAnswers = brokerAnswers;
        this.topic = topic;
        this.nanoTime = nanoTime;
    }

    /**
     * The facts about the topic with this id. If the broker last named another id, it is asked now. Fails with
     * {@code unavailable}.
     */
    public CompletableFuture<Facts> facts(String topicId) {
        return facts().thenCompose(
                        now -> now.topicId().equals(topicId) ? CompletableFuture.completedFuture(now) : newer(now));
    }

    /** @param before what others may have replaced already */
    private synchronized CompletableFuture<Facts> newer(Facts before) {
        if (kept != null && kept.facts().isDone() && before.equals(kept.facts().getNow(before))) {
            kept = null;
        }
        return facts();
    }

    /** Fails with {@code unavailable}. */
    public synchronized CompletableFuture<Facts> facts() {
        if (!brokerAnswers.getAsBoolean()) {
            return CompletableFuture.failedFuture(
                    new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now."));
        }
        long now = nanoTime.getAsLong();
        if (kept == null
                || now - kept.atNanos() > KEPT.toNanos()
                || kept.facts().isCompletedExceptionally()) {
            kept = new Kept(ask(), now);
        }
        return kept.facts();
    }

    private CompletableFuture<Facts> ask() {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        CompletableFuture<Config> configured = future(
                        admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().timeoutMs(TIMEOUT_MS))
                                .all())
                .thenApply(configs -> found(configs, resource));
        return future(admin.describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MS))
                        .allTopicNames())
                .thenApply(topics -> found(topics, topic))
                .thenCompose(description -> firstOffsets(description).thenCombine(configured, (offsets, config) -> {
                    long retention = Long.parseLong(config.get("retention.ms").value());
                    return new Facts(
                            description.topicId().toString(),
                            retention < 0 ? null : Duration.ofMillis(retention),
                            offsets);
                }))
                .exceptionally(error -> {
                    throw new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", error);
                });
    }

    private CompletableFuture<Map<Integer, Long>> firstOffsets(TopicDescription description) {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        description
                .partitions()
                .forEach(partition ->
                        wanted.put(new TopicPartition(topic, partition.partition()), OffsetSpec.earliest()));
        return future(admin.listOffsets(wanted, new ListOffsetsOptions().timeoutMs(TIMEOUT_MS))
                        .all())
                .thenApply(offsets -> {
                    Map<Integer, Long> first = new HashMap<>();
                    offsets.forEach((partition, found) -> first.put(partition.partition(), found.offset()));
                    return first;
                });
    }

    private static <K, V> V found(Map<K, V> answers, K key) {
        @Nullable V found = answers.get(key);
        if (found == null) {
            throw new IllegalStateException("the broker left out " + key);
        }
        return found;
    }

    private static <T> CompletableFuture<T> future(KafkaFuture<T> future) {
        return future.toCompletionStage().toCompletableFuture();
    }
}
