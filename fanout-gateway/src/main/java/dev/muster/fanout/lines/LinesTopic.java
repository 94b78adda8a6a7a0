package dev.muster.fanout.lines;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The broker's facts about the topic of lines: which topic it is, and the committed records that it has. Each call asks
 * the broker. Every failure is {@code unavailable}. Thread-safe.
 */
public final class LinesTopic implements LinesLog {
    private static final int TIMEOUT_MS = 3_000;

    private final Admin admin;
    private final String topic;
    private final BooleanSupplier brokerAnswers;

    /** @param brokerAnswers false: the broker is known to be away, and is not asked */
    public LinesTopic(Admin admin, BooleanSupplier brokerAnswers, String topic) {
        this.admin = admin;
        this.brokerAnswers = brokerAnswers;
        this.topic = topic;
    }

    // The offsets come first: a topic that has the cursor's id after them had it while they were asked for, because ids
    // never return.
    @Override
    public CompletableFuture<Facts> facts(Collection<Integer> partitions) {
        return asked(admin -> {
            var first = offsets(partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
            var end = offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
            return first.thenCombine(end, LinesTopic::spans)
                    .thenCompose(spans -> identityNow().thenApply(identity -> new Facts(identity, spans)));
        });
    }

    @Override
    public CompletableFuture<ClusterIdentity> identity() {
        return asked(admin -> identityNow());
    }

    private CompletableFuture<ClusterIdentity> identityNow() {
        CompletableFuture<String> cluster =
                future(admin.describeCluster(new DescribeClusterOptions().timeoutMs(TIMEOUT_MS))
                        .clusterId());
        CompletableFuture<Map<String, TopicDescription>> described =
                future(admin.describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MS))
                        .allTopicNames());
        return cluster.thenCombine(described, (id, topics) -> {
            @Nullable TopicDescription description = topics.get(topic);
            if (description == null) {
                throw new IllegalStateException("the broker left out " + topic);
            }
            return new ClusterIdentity(id, description.topicId().toString());
        });
    }

    private CompletableFuture<Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo>> offsets(
            Collection<Integer> partitions, OffsetSpec which, IsolationLevel isolation) {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(new TopicPartition(topic, partition), which));
        return future(admin.listOffsets(wanted, new ListOffsetsOptions(isolation).timeoutMs(TIMEOUT_MS))
                .all());
    }

    private static Map<Integer, Span> spans(
            Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> first,
            Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> end) {
        Map<Integer, Span> spans = new TreeMap<>();
        end.forEach((partition, last) -> {
            ListOffsetsResult.@Nullable ListOffsetsResultInfo begin = first.get(partition);
            long from = begin == null ? last.offset() : begin.offset();
            spans.put(partition.partition(), new Span(from, Math.max(from, last.offset())));
        });
        return spans;
    }

    private <T> CompletableFuture<T> asked(Function<Admin, CompletableFuture<T>> question) {
        if (!brokerAnswers.getAsBoolean()) {
            return CompletableFuture.failedFuture(
                    new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now."));
        }
        return question.apply(admin).exceptionally(error -> {
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            throw new MusterException(ErrorCode.UNAVAILABLE, "The broker does not answer now.", cause);
        });
    }

    private static <T> CompletableFuture<T> future(KafkaFuture<T> future) {
        return future.toCompletionStage().toCompletableFuture();
    }
}
