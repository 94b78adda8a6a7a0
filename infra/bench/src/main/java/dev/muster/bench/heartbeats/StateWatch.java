package dev.muster.bench.heartbeats;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Follows {@code muster.node-state}: every change of status that the registry commits, when it is seen. */
final class StateWatch implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private final Map<String, Seen> latest = new ConcurrentHashMap<>();
    private final Map<NodeStatus, Long> entered = new ConcurrentHashMap<>();
    private volatile boolean closing;

    /** @param nanos when it was seen first */
    record Seen(NodeStatus status, long nanos) {}

    StateWatch(String bootstrapServers) {
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions =
                consumer.partitionsFor(new TopicNames("muster.").of(Topic.NODE_STATE)).stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        thread = new Thread(this::follow, "bench-node-state");
        thread.start();
    }

    /** Nodes that are ONLINE now. */
    long online() {
        return latest.values().stream()
                .filter(seen -> seen.status() == NodeStatus.ONLINE)
                .count();
    }

    /** How often nodes became this since the start. */
    long entered(NodeStatus status) {
        return entered.getOrDefault(status, 0L);
    }

    Map<String, Seen> latest() {
        return new HashMap<>(latest);
    }

    private void follow() {
        try {
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.value() != null) {
                        take(NodeState.parseFrom(record.value()));
                    }
                }
            }
        } catch (WakeupException e) {
            // it closes
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a node state that is none", e);
        } finally {
            consumer.close();
        }
    }

    private void take(NodeState state) {
        Seen before = latest.get(state.getNodeId());
        if (before == null || before.status() != state.getStatus()) {
            latest.put(state.getNodeId(), new Seen(state.getStatus(), System.nanoTime()));
            entered.merge(state.getStatus(), 1L, Long::sum);
        }
    }

    @Override
    public void close() {
        closing = true;
        consumer.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
