package dev.muster.registry.terminal;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Asks the broker, with a client that is made when somebody asks for the first time. Thread-safe. */
final class StdoutEnds implements LogEnds, AutoCloseable {
    private static final int TIMEOUT_MS = 2_000;

    private final String topic;
    private final Supplier<Admin> clients;
    private @Nullable Admin admin;
    private boolean closed;

    StdoutEnds(String topic, Supplier<Admin> clients) {
        this.topic = topic;
        this.clients = clients;
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
        if (admin != null) {
            admin.close(Duration.ofSeconds(1));
        }
    }
}
