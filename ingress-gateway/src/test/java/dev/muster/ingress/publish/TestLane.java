package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.process.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A lane over Kafka's own in-memory producer: a broker that answers at once, or never, or as a test says. */
public final class TestLane implements AutoCloseable {
    public static final TopicNames NAMES = new TopicNames("muster.");

    private final List<MockProducer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Lane lane;

    /**
     * @param answers whether the broker answers by itself
     */
    public TestLane(boolean answers, LaneLimits limits, Supplier<@Nullable Outgoing> extra) {
        this(answers, false, limits, extra);
    }

    /**
     * @param answers whether the broker answers by itself
     * @param callersSend whether who offers a record may send it
     */
    TestLane(boolean answers, boolean callersSend, LaneLimits limits, Supplier<@Nullable Outgoing> extra) {
        lane = new Lane(
                "test",
                callersSend,
                new Destinations(NAMES, List.of(Topic.values())),
                limits,
                () -> {
                    MockProducer<byte[], byte[]> producer = new CopyingProducer(answers);
                    producers.add(producer);
                    return producer;
                },
                extra,
                System::nanoTime,
                new LaneObserver() {
                    @Override
                    public void stored(long bytes, long nanos) {}

                    @Override
                    public void failed(long bytes, String reason) {
                        failures.add(reason);
                    }

                    @Override
                    public void replaced() {
                        failures.add("replaced");
                    }
                },
                new Threads());
        lane.start();
    }

    public Lane lane() {
        return lane;
    }

    /** The producers that the lane had, newest last. */
    public List<MockProducer<byte[], byte[]>> producers() {
        return producers;
    }

    /** The producer that the lane has now; waits for the first one. */
    public MockProducer<byte[], byte[]> producer() {
        org.awaitility.Awaitility.await().until(() -> !producers.isEmpty());
        return producers.get(producers.size() - 1);
    }

    /** Values sent into a topic so far, in order. */
    public List<byte[]> values(Topic topic) {
        return producers.stream()
                .flatMap(p -> p.history().stream())
                .filter(r -> r.topic().equals(NAMES.of(topic)))
                .map(org.apache.kafka.clients.producer.ProducerRecord::value)
                .toList();
    }

    public List<String> failures() {
        return failures;
    }

    @Override
    public void close() {
        lane.close();
    }

    private static Cluster cluster() {
        Node node = new Node(0, "127.0.0.1", 1);
        List<PartitionInfo> partitions = new ArrayList<>();
        for (Topic topic : Topic.values()) {
            for (int partition = 0; partition < 8; partition++) {
                partitions.add(
                        new PartitionInfo(NAMES.of(topic), partition, node, new Node[] {node}, new Node[] {node}));
            }
        }
        return new Cluster("test", List.of(node), partitions, java.util.Set.of(), java.util.Set.of());
    }

    /** Keeps a copy of each value, as the real one does. */
    private static final class CopyingProducer extends MockProducer<byte[], byte[]> {
        private CopyingProducer(boolean answers) {
            super(cluster(), answers, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            return super.send(
                    new ProducerRecord<>(
                            record.topic(),
                            record.partition(),
                            record.timestamp(),
                            record.key(),
                            record.value().clone(),
                            record.headers()),
                    callback);
        }
    }
}
