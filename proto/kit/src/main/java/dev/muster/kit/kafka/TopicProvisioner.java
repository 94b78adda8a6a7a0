package dev.muster.kit.kafka;

import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Creates the missing topics and fails if an existing topic is not as expected. Several processes may run it at once.
 */
public final class TopicProvisioner {
    private static final long TIMEOUT_SECONDS = 30;
    /**
     * The client's own timeout may be shorter, for calls that a caller waits for. At a start the broker may still be
     * starting, too.
     */
    private static final int TIMEOUT_MILLIS = (int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS);

    private final Admin admin;
    private final TopicNames names;
    private final Partitions partitions;
    private final int replication;

    public TopicProvisioner(Admin admin, TopicNames names, Partitions partitions, int replication) {
        this.admin = admin;
        this.names = names;
        this.partitions = partitions;
        this.replication = replication;
    }

    /**
     * @throws TopicsException if a topic has another number of partitions than the settings say, or the broker does not
     *     answer
     * @throws InterruptedException if interrupted meanwhile
     */
    public void ensure() throws InterruptedException {
        List<NewTopic> missing = new ArrayList<>();
        List<String> mistakes = new ArrayList<>();
        Map<Topic, TopicDescription> present = describe();
        for (Topic topic : Topic.values()) {
            int expected = partitions.of(topic.spread());
            TopicDescription description = present.get(topic);
            if (description == null) {
                missing.add(new NewTopic(names.of(topic), Optional.of(expected), Optional.of((short) replication))
                        .configs(new TreeMap<>(topic.configs())));
            } else if (description.partitions().size() != expected) {
                mistakes.add("%s has %d partitions, the settings say %d"
                        .formatted(names.of(topic), description.partitions().size(), expected));
            }
        }
        if (!mistakes.isEmpty()) {
            throw new TopicsException(String.join("; ", mistakes)
                    + ". Partition counts are fixed for life: correct MUSTER_TOPIC_*_PARTITIONS,"
                    + " or start with empty topics under another MUSTER_TOPIC_PREFIX.");
        }
        create(missing);
        awaitLeaders(missing);
    }

    // If a record is produced before its partition has an acting leader, the producer may be left with a hole in its
    // sequence. Only an acting leader knows the end of its log.
    private void awaitLeaders(List<NewTopic> created) throws InterruptedException {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (NewTopic topic : created) {
            for (int partition = 0; partition < topic.numPartitions(); partition++) {
                ends.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
            }
        }
        if (ends.isEmpty()) {
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (true) {
            try {
                var unused = admin.listOffsets(ends).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > deadline) {
                    throw new TopicsException("new topics have no leader: " + e.getCause());
                }
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (TimeoutException e) {
                throw new TopicsException("new topics have no leader within " + TIMEOUT_SECONDS + " s");
            }
        }
    }

    private Map<Topic, TopicDescription> describe() throws InterruptedException {
        Map<String, Topic> byName = new HashMap<>();
        for (Topic topic : Topic.values()) {
            byName.put(names.of(topic), topic);
        }
        Map<Topic, TopicDescription> present = new HashMap<>();
        for (Map.Entry<String, KafkaFuture<TopicDescription>> entry : admin.describeTopics(
                        byName.keySet(), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MILLIS))
                .topicNameValues()
                .entrySet()) {
            Topic topic = byName.get(entry.getKey());
            try {
                TopicDescription description = entry.getValue().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                if (topic != null) {
                    present.put(topic, description);
                }
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw new TopicsException("cannot describe " + entry.getKey() + ": " + e.getCause());
                }
            } catch (TimeoutException e) {
                throw new TopicsException("no answer from the broker within " + TIMEOUT_SECONDS + " s");
            }
        }
        return present;
    }

    private void create(List<NewTopic> missing) throws InterruptedException {
        if (missing.isEmpty()) {
            return;
        }
        for (Map.Entry<String, KafkaFuture<Void>> entry : admin.createTopics(
                        missing, new CreateTopicsOptions().timeoutMs(TIMEOUT_MILLIS))
                .values()
                .entrySet()) {
            try {
                entry.getValue().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw new TopicsException("cannot create " + entry.getKey() + ": " + e.getCause());
                }
            } catch (TimeoutException e) {
                throw new TopicsException("no answer from the broker within " + TIMEOUT_SECONDS + " s");
            }
        }
    }
}
