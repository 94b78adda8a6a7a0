package dev.muster.bench.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Follows {@code muster.node-state}: every change of status that the registry commits, when it is seen. */
public final class StateWatch implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private final Map<String, Seen> latest = new ConcurrentHashMap<>();
    private final Map<NodeStatus, Long> entered = new ConcurrentHashMap<>();
    private final Set<String> leftOut = ConcurrentHashMap.newKeySet();
    private volatile boolean closing;

    /** @param nanos when it was seen first */
    public record Seen(NodeStatus status, long nanos) {
        public boolean isOnline() {
            return status == NodeStatus.ONLINE;
        }
    }

    public StateWatch(String bootstrapServers) {
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

    /** From now on these do not count, but {@link #latest} has them. */
    public void leaveOut(Collection<String> nodeIds) {
        leftOut.addAll(nodeIds);
    }

    /** Nodes that are ONLINE now. */
    public long online() {
        return latest.entrySet().stream()
                .filter(node -> node.getValue().isOnline() && !leftOut.contains(node.getKey()))
                .count();
    }

    /** How often nodes became this since the start. */
    public long entered(NodeStatus status) {
        return entered.getOrDefault(status, 0L);
    }

    public Map<String, Seen> latest() {
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
            if (!leftOut.contains(state.getNodeId())) {
                entered.merge(state.getStatus(), 1L, Long::sum);
            }
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
