package dev.muster.registry.terminal;

import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the broker for the ends of muster.stdout's partitions and for the id of the topic with that name. It asks for
 * the id once a second, because a topic that is deleted and recreated keeps its name. Its client is made with the first
 * question. Thread-safe.
 */
public final class StdoutTopic implements LogEnds, TopicId, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StdoutTopic.class);
    private static final int TIMEOUT_MS = 2_000;
    private static final int LOOK_MS = 1_000;

    private final String topic;
    private final Supplier<Admin> clients;
    private final ScheduledExecutorService timer;
    private volatile String id;
    private volatile boolean answers = true;
    private @Nullable Admin admin;
    private boolean closed;

    /** @param id as it was at the start */
    public StdoutTopic(String topic, String id, Supplier<Admin> clients, Threads threads) {
        this.topic = topic;
        this.id = id;
        this.clients = clients;
        timer = threads.timer("registry-stdout-id");
        var unused = timer.scheduleWithFixedDelay(this::ask, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    /** Whether the broker answered when it was last asked. */
    public boolean brokerAnswers() {
        return answers;
    }

    @Override
    public CompletionStage<Long> of(int partition) {
        try {
            TopicPartition of = new TopicPartition(topic, partition);
            return client().listOffsets(Map.of(of, OffsetSpec.latest()), new ListOffsetsOptions().timeoutMs(TIMEOUT_MS))
                    .partitionResult(of)
                    .toCompletionStage()
                    .thenApply(ListOffsetsResultInfo::offset);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public String known() {
        return id;
    }

    @Override
    public String ask() {
        try {
            client().describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MS))
                    .allTopicNames()
                    .get(TIMEOUT_MS, TimeUnit.MILLISECONDS)
                    .values()
                    .forEach(now -> changed(now.topicId().toString()));
            answers = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            answers = e.getCause() instanceof UnknownTopicOrPartitionException;
            // the broker or the topic is away, which others notice: what is known holds until it is back
        }
        return id;
    }

    private synchronized void changed(String now) {
        if (!now.equals(id)) {
            id = now;
            LOG.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("now", now)
                    .log("the topic of output was recreated: raw output from before is gone");
        }
    }

    private synchronized Admin client() {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        Admin now = admin;
        if (now == null) {
            now = clients.get();
            admin = now;
        }
        return now;
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.shutdownNow();
        if (admin != null) {
            admin.close(Duration.ofSeconds(1));
        }
    }
}
