package dev.muster.registry.streams;

import dev.muster.contract.topics.Topic;
import dev.muster.kit.kafka.TopicConfigs;
import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.process.Threads;
import dev.muster.kit.settings.KafkaSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether the topics and the changelogs have the number of partitions in the settings: at the start and
 * repeatedly afterwards, since an operator may add partitions to a topic at any time. Keys would then be looked for in
 * the wrong partitions. Also checks whether the topics have the configs that Muster creates them with. Thread-safe.
 */
public final class PartitionCheck implements AutoCloseable {
    private static final long TIMEOUT_SECONDS = 30;
    private static final String MADE_AT_START =
            ". What such a topic held is lost. Start a Muster service again: it creates missing topics at its start.";
    private static final String ADVICE = ". Partition counts are fixed for life: correct MUSTER_TOPIC_*_PARTITIONS,"
            + " or start with empty topics under another MUSTER_TOPIC_PREFIX.";

    private final Map<String, Integer> expected;
    private final Admin admin;
    private final ScheduledExecutorService timer;
    private final Map<String, Topic> topics = new TreeMap<>();
    private volatile @Nullable String problem;
    private volatile @Nullable String warning;

    /**
     * @param changelogs partitions of each
     * @param everyMillis time between two looks
     */
    public PartitionCheck(KafkaSettings kafka, Map<String, Integer> changelogs, int everyMillis, Threads threads) {
        this.expected = expected(kafka, changelogs);
        for (Topic topic : Topic.values()) {
            topics.put(kafka.names().of(topic), topic);
        }
        this.admin = Admin.create(new HashMap<>(kafka.properties()));
        this.timer = threads.timer("registry-partitions");
        var unused = timer.scheduleWithFixedDelay(this::look, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    /**
     * Before anything starts. Changelogs that are not there yet are made later.
     *
     * @throws TopicsException if one has another number of partitions, or the broker does not answer
     * @throws InterruptedException if interrupted meanwhile
     */
    public static void ensure(Admin admin, KafkaSettings kafka, Map<String, Integer> changelogs)
            throws InterruptedException {
        Optional<String> problem;
        try {
            problem = problem(admin, expected(kafka, changelogs), changelogs);
        } catch (ExecutionException | TimeoutException e) {
            throw new TopicsException("cannot describe the topics: " + e);
        }
        if (problem.isPresent()) {
            throw new TopicsException(problem.get());
        }
    }

    /** The problem and what to do; empty if there is none. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** Which topics have configs that cost data or order, or nothing. */
    public Optional<String> warning() {
        return Optional.ofNullable(warning);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        admin.close(java.time.Duration.ofSeconds(1));
    }

    private void look() {
        try {
            problem = problem(admin, expected, Map.of()).orElse(null);
            List<String> differences = differences();
            warning = differences.isEmpty() ? null : String.join("; ", differences);
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            // the broker is away, which others notice; what was known of the partitions holds
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> differences() throws ExecutionException, InterruptedException, TimeoutException {
        List<ConfigResource> asked = topics.keySet().stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        Map<String, KafkaFuture<Config>> described = new TreeMap<>();
        admin.describeConfigs(asked).values().forEach((topic, config) -> described.put(topic.name(), config));
        List<String> differences = new ArrayList<>();
        for (Map.Entry<String, KafkaFuture<Config>> topic : described.entrySet()) {
            Map<String, String> has = new HashMap<>();
            try {
                topic.getValue()
                        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .entries()
                        .forEach(entry -> has.put(entry.name(), entry.value()));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
            @Nullable Topic wanted = topics.get(topic.getKey());
            if (wanted != null) {
                differences.addAll(TopicConfigs.differences(topic.getKey(), wanted, has));
            }
        }
        return differences;
    }

    private static Map<String, Integer> expected(KafkaSettings kafka, Map<String, Integer> changelogs) {
        Map<String, Integer> expected = new TreeMap<>(changelogs);
        for (Topic topic : Topic.values()) {
            expected.put(kafka.names().of(topic), kafka.partitions().of(topic.spread()));
        }
        return expected;
    }

    private static Optional<String> problem(
            Admin admin, Map<String, Integer> expected, Map<String, Integer> mayBeMissing)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<String> counts = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Map<String, KafkaFuture<TopicDescription>> described =
                new TreeMap<>(admin.describeTopics(expected.keySet()).topicNameValues());
        for (Map.Entry<String, KafkaFuture<TopicDescription>> topic : described.entrySet()) {
            int wanted = expected.getOrDefault(topic.getKey(), 0);
            try {
                int has = topic.getValue()
                        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .partitions()
                        .size();
                if (has != wanted) {
                    counts.add("%s has %d partitions, the settings say %d".formatted(topic.getKey(), has, wanted));
                }
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
                if (!mayBeMissing.containsKey(topic.getKey())) {
                    missing.add(topic.getKey() + " is missing");
                }
            }
        }
        List<String> problems = new ArrayList<>();
        if (!missing.isEmpty()) {
            problems.add(String.join("; ", missing) + MADE_AT_START);
        }
        if (!counts.isEmpty()) {
            problems.add(String.join("; ", counts) + ADVICE);
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", problems));
    }
}
