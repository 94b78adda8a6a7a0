package dev.muster.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.Main;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.RecordedIo;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten records of a node, a minute apart, in one partition; then one of another node. */
class TopicsCatTest {
    private static final Instant FIRST = Instant.parse("2026-01-31T12:00:00Z");
    private static final String NODE = Ids.derive(Ids.Kind.NODE, "one");
    private static final String OTHER = Ids.derive(Ids.Kind.NODE, "other");

    @TempDir
    static Path dir;

    private static EmbeddedBroker broker;
    private static Map<String, String> variables;

    @BeforeAll
    static void write() throws Exception {
        broker = EmbeddedBroker.start(dir, 0);
        variables = Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers(),
                "MUSTER_DATA_DIR", dir.resolve("none").toString());
        KafkaSettings settings = KafkaSettings.from(new Env(variables));
        Map<String, Object> client = new HashMap<>(settings.properties());
        try (Admin admin = Admin.create(client)) {
            new TopicProvisioner(admin, settings.names(), settings.partitions(), 1).ensure();
        }
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < 10; i++) {
                node(producer, NODE, i, FIRST.plusSeconds(60L * i));
            }
            node(producer, OTHER, 0, FIRST);
            ReplyRecord reply = ReplyRecord.newBuilder().setNodeId(NODE).build();
            producer.send(new ProducerRecord<>(
                            "muster." + Topic.REPLIES.baseName(),
                            "gw".getBytes(StandardCharsets.UTF_8),
                            reply.toByteArray()))
                    .get(60, TimeUnit.SECONDS);
        }
    }

    private static void node(KafkaProducer<byte[], byte[]> producer, String id, int version, Instant at)
            throws Exception {
        NodeRecord node =
                NodeRecord.newBuilder().setNodeId(id).setVersion(version).build();
        producer.send(new ProducerRecord<>(
                        "muster." + Topic.NODES.baseName(),
                        0,
                        at.toEpochMilli(),
                        id.getBytes(StandardCharsets.UTF_8),
                        node.toByteArray()))
                .get(60, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RecordedIo cat(String... options) {
        RecordedIo io = new RecordedIo(variables);
        int code = Main.run(
                io.io(),
                Stream.concat(Stream.of("topics", "cat"), Arrays.stream(options))
                        .toArray(String[]::new));
        assertThat(code).as(io.errLines().toString()).isIn(0, 125);
        return io;
    }

    private static List<String> versions(String... options) {
        List<String> all = new ArrayList<>(List.of("nodes", "--key", NODE));
        all.addAll(List.of(options));
        return cat(all.toArray(String[]::new))
                .out()
                .lines()
                .map(line -> Json.parse(line).at("/value/version").asText())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "earliest, -, 0 1 2 3 4 5 6 7 8 9",
                "7, -, 7 8 9",
                "2, 4, 2 3",
                "0, 3, 0 1 2",
                "99, -, ''",
                "earliest, earliest, ''",
                "latest, -, ''",
                "2026-01-31T12:07:00Z, -, 7 8 9",
                "2026-01-31T12:06:59.999Z, -, 7 8 9",
                "2026-01-31T12:07:00.001Z, -, 8 9",
                "2026-01-31T12:02:00Z, 2026-01-31T12:04:00Z, 2 3",
                "earliest, 2026-01-31T13:02:00+01:00, 0 1",
                "1s, -, ''",
                "36500d, -, 0 1 2 3 4 5 6 7 8 9",
            })
    void it_prints_from_one_place_to_another(String from, String to, String printed) {
        List<String> versions = to == null ? versions("--from", from) : versions("--from", from, "--to", to);
        assertThat(String.join(" ", versions)).isEqualTo(printed);
    }

    @Test
    void one_node_is_chosen_by_key_or_by_a_field_of_the_value() {
        assertThat(cat("nodes", "--node", OTHER).out().lines()).hasSize(1);
        assertThat(cat("nodes", "--node", NODE).out().lines()).hasSize(10);
        assertThat(cat("replies", "--node", NODE).out().lines()).hasSize(1);
        assertThat(cat("replies", "--node", OTHER).out()).isEmpty();
    }

    @Test
    void following_goes_on_until_it_has_as_many_as_asked_for() {
        assertThat(versions("--follow", "--from", "5", "-n", "3")).containsExactly("5", "6", "7");
    }

    @Test
    void what_cannot_be_done_is_one_line() {
        assertThat(cat("nodes", "--follow", "--to", "latest").errLines())
                .containsExactly("muster: topics cat: --follow does not end, so leave out --follow or --to");
        assertThat(cat("nodes", "--from", "yesterday").errLines())
                .singleElement()
                .asString()
                .contains("--from 'yesterday'");
    }
}
