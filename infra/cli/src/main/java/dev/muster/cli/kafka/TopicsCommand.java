package dev.muster.cli.kafka;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.ConnectOptions;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
            description = "Print the committed records of a topic as JSON, one per line, and end; with -f go on.")
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
            @Option(names = "--key", paramLabel = "KEY", description = "Only records with this key.") @Nullable
                    String key) {
        KafkaSettings settings = KafkaOptions.settings(connect, io.variables());
        Topic topic = topic(settings, name);
        Map<String, Object> properties = new HashMap<>(settings.properties());
        properties.put("isolation.level", "read_committed");
        properties.put("allow.auto.create.topics", false);
        properties.put("default.api.timeout.ms", API_TIMEOUT_MS);
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
            consumer.seekToBeginning(partitions);
            print(consumer, partitions, topic, follow, max == null ? Long.MAX_VALUE : max, key);
        } catch (KafkaException e) {
            throw new CliFailure("cannot read from " + properties.get("bootstrap.servers") + ": " + e.getMessage(), e);
        }
    }

    private void print(
            KafkaConsumer<byte[], byte[]> consumer,
            List<TopicPartition> partitions,
            Topic topic,
            boolean follow,
            long max,
            @Nullable String key) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Set<TopicPartition> open = new HashSet<>(partitions);
        long printed = 0;
        while (printed < max) {
            open.removeIf(partition -> !follow && consumer.position(partition) >= ends.getOrDefault(partition, 0L));
            if (open.isEmpty()) {
                return;
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                boolean wanted = key == null
                        || (record.key() != null && key.equals(new String(record.key(), StandardCharsets.UTF_8)));
                if (wanted && printed < max) {
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
