package dev.muster.bench.cluster;

import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Offsets and bytes that a cluster's topics have grown by, transaction markers and changelogs included. */
public final class TopicMeter implements AutoCloseable {
    private final Cluster cluster;
    private final Admin admin;
    private Map<String, Grown> before = Map.of();

    /** Growth of one topic. */
    public record Grown(long offsets, long bytes) {
        Grown minus(Grown other) {
            return new Grown(offsets - other.offsets, bytes - other.bytes);
        }
    }

    public TopicMeter(Cluster cluster) {
        this.cluster = cluster;
        Properties properties = new Properties();
        properties.put("bootstrap.servers", cluster.bootstrapServers());
        this.admin = Admin.create(properties);
    }

    /** By topic, without its prefix, since the last call. */
    public Map<String, Grown> take() throws InterruptedException {
        Map<String, Grown> now = read();
        Map<String, Grown> grown = new HashMap<>();
        now.forEach((topic, size) -> grown.put(topic, size.minus(before.getOrDefault(topic, new Grown(0, 0)))));
        before = now;
        return grown;
    }

    private Map<String, Grown> read() throws InterruptedException {
        TopicNames names = new TopicNames("muster.");
        Map<String, Long> bytes = cluster.bytesByTopic();
        Map<String, Grown> sizes = new HashMap<>();
        try {
            List<String> topics = new ArrayList<>(admin.listTopics().names().get());
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            admin.describeTopics(topics)
                    .allTopicNames()
                    .get()
                    .forEach((topic, description) -> description
                            .partitions()
                            .forEach(p -> ends.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest())));
            admin.listOffsets(ends).all().get().forEach((partition, end) -> {
                String name = partition.topic().startsWith(names.prefix())
                        ? partition.topic().substring(names.prefix().length())
                        : partition.topic();
                sizes.merge(name, new Grown(end.offset(), 0), (a, b) -> new Grown(a.offsets + b.offsets, 0));
            });
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker of the benchmark does not answer", e);
        }
        bytes.forEach((topic, size) ->
                sizes.merge(topic, new Grown(0, size), (a, b) -> new Grown(a.offsets + b.offsets, a.bytes + b.bytes)));
        return sizes;
    }

    /** The topics of the contract that grew, and all the rest as one. */
    public static Map<String, Grown> named(Map<String, Grown> grown) {
        Map<String, Grown> named = new HashMap<>();
        grown.forEach((topic, size) -> {
            boolean ours = false;
            for (Topic known : Topic.values()) {
                ours |= known.baseName().equals(topic);
            }
            named.merge(
                    ours ? topic : "changelogs and offsets",
                    size,
                    (a, b) -> new Grown(a.offsets + b.offsets, a.bytes + b.bytes));
        });
        return named;
    }

    @Override
    public void close() {
        admin.close();
    }
}
