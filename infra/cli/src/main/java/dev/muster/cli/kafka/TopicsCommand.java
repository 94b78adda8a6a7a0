package dev.muster.cli.kafka;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.node.NodeRef;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The topics as an analyst sees them. */
@Command(name = "topics", mixinStandardHelpOptions = true, description = "Read the topics.")
public final class TopicsCommand implements Runnable {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int API_TIMEOUT_MS = 15_000;

    private final CliIo io;

    public TopicsCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public void run() {
        throw new CliFailure("topics: one of cat, list is missing");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Print the names of all topics.")
    void list(
            @Mixin ConnectOptions connect,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            defaultValue = "table",
                            description = "${COMPLETION-CANDIDATES}; table unless given.")
                    OutputFormat output) {
        KafkaSettings settings = KafkaOptions.settings(connect, io.variables());
        List<String> names = Arrays.stream(Topic.values())
                .map(topic -> settings.names().of(topic))
                .toList();
        if (output == OutputFormat.JSON) {
            ObjectNode json = Json.object();
            ArrayNode topics = json.putArray("topics");
            names.forEach(name -> topics.addObject().put("name", name));
            io.print(Json.pretty(json));
        } else {
            names.forEach(io::print);
        }
    }

    @Command(
            name = "cat",
            mixinStandardHelpOptions = true,
            description = {
                "Print the committed records of a topic as JSON, one per line, and end; with -f go on.",
                "A PLACE is earliest, latest, an offset, a time such as 2026-01-31T12:00:00Z, or an age such as 10m."
            })
    void cat(
            @Mixin ConnectOptions connect,
            @Parameters(paramLabel = "TOPIC", description = "With or without the prefix: muster.nodes or nodes.")
                    String name,
            @Option(
                            names = {"-f", "--follow"},
                            description = "Go on with what comes.")
                    boolean follow,
            @Option(
                            names = {"-n", "--max"},
                            paramLabel = "N",
                            description = "End after so many records.")
                    @Nullable
                    Long max,
            @Option(
                            names = "--from",
                            paramLabel = "PLACE",
                            defaultValue = "earliest",
                            description = "Begin there, in each partition; earliest unless given.")
                    String from,
            @Option(
                            names = "--to",
                            paramLabel = "PLACE",
                            description = "End before there; at what is the latest now unless given.")
                    @Nullable
                    String to,
            @Option(names = "--node", paramLabel = "NODE", description = "Only records about this node, by id or name.")
                    @Nullable
                    String node,
            @Option(names = "--key", paramLabel = "KEY", description = "Only records with this key.") @Nullable
                    String key) {
        if (follow && to != null) {
            throw new CliFailure("topics cat: --follow does not end, so leave out --follow or --to");
        }
        Instant now = Instant.now();
        RecordSpan span =
                new RecordSpan(Place.of("--from", from, now), to == null ? Place.LATEST : Place.of("--to", to, now));
        KafkaSettings settings = KafkaOptions.settings(connect, io.variables());
        Topic topic = topic(settings, name);
        Predicate<ConsumerRecord<byte[], byte[]>> wanted = span::contains;
        if (key != null) {
            wanted = wanted.and(
                    record -> record.key() != null && key.equals(new String(record.key(), StandardCharsets.UTF_8)));
        }
        if (node != null) {
            String nodeId = Ids.isId(Ids.Kind.NODE, node) ? node : NodeRef.resolve(connect.client(), node);
            wanted = wanted.and(new AboutNode(topic, nodeId));
        }
        Map<String, Object> properties = new HashMap<>(settings.properties());
        properties.put("isolation.level", "read_committed");
        properties.put("allow.auto.create.topics", false);
        properties.put("default.api.timeout.ms", API_TIMEOUT_MS);
        // where retention is faster than this reader, it goes on with what is left
        properties.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer
                    .partitionsFor(settings.names().of(topic))
                    .stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new CliFailure("there is no topic " + settings.names().of(topic) + " on this cluster");
            }
            consumer.assign(partitions);
            span.starts(consumer, partitions).forEach(consumer::seek);
            Map<TopicPartition, Long> ends = follow ? Map.of() : span.ends(consumer, partitions);
            print(consumer, ends, topic, max == null ? Long.MAX_VALUE : max, wanted);
        } catch (KafkaException e) {
            throw new CliFailure("cannot read from " + properties.get("bootstrap.servers") + ": " + e.getMessage(), e);
        }
    }

    /** @param ends empty: goes on for ever */
    private void print(
            KafkaConsumer<byte[], byte[]> consumer,
            Map<TopicPartition, Long> ends,
            Topic topic,
            long max,
            Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
        Set<TopicPartition> open = new HashSet<>(ends.keySet());
        long printed = 0;
        while (printed < max) {
            open.removeIf(partition -> consumer.position(partition) >= ends.getOrDefault(partition, 0L));
            if (open.isEmpty() && !ends.isEmpty()) {
                return;
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (printed < max && wanted.test(record)) {
                    io.print(RecordJson.line(topic, record));
                    printed++;
                }
            }
            io.flush();
        }
    }

    private static Topic topic(KafkaSettings settings, String name) {
        return Arrays.stream(Topic.values())
                .filter(topic -> topic.baseName().equals(name)
                        || settings.names().of(topic).equals(name))
                .findFirst()
                .orElseThrow(() -> new CliFailure("there is no topic '" + name + "'; there are: "
                        + Arrays.stream(Topic.values()).map(Topic::baseName).collect(Collectors.joining(", "))));
    }
}
