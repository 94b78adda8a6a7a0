package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.bench.recovery.HttpApi;
import dev.muster.bench.recovery.Installation;
import dev.muster.bench.recovery.Ledger;
import dev.muster.bench.recovery.Viewer;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One agent that prints a ledger, one viewer that watches it, and a comparison of all places where the ledger must be,
 * byte for byte.
 */
final class LedgerCheck implements AutoCloseable {
    private static final Partitions PARTITIONS = new Partitions(8, 8, 4);
    private static final TopicNames NAMES = new TopicNames("muster.");

    private final Installation cluster;
    private final HttpApi api;
    private final String nodeId;
    private final String task;
    private final Ledger ledger;
    private final Viewer viewer;

    LedgerCheck(Installation cluster, String nodeId, Path stop) throws IOException, InterruptedException {
        this.cluster = cluster;
        this.nodeId = nodeId;
        api = cluster.api(1);
        ledger = new Ledger(stop, 20, 50);
        task = api.startTask(nodeId, ledger.command(), stop.getFileName().toString());
        viewer = new Viewer(List.of(api), nodeId, task);
    }

    Viewer viewer() {
        return viewer;
    }

    /** Waits until the viewer has seen this many more lines than now. */
    void awaitMore(int lines) {
        long goal = viewer.next() + lines;
        await("the viewer sees " + lines + " more lines of " + nodeId)
                .atMost(Duration.ofMinutes(3))
                .until(() -> viewer.next() >= goal);
    }

    /** Ends the ledger and compares; the number of its lines. */
    long compare() throws IOException, InterruptedException {
        ledger.end();
        String path = "/api/v1/nodes/" + nodeId + "/tasks/" + task;
        var ended = api.await(path, "task", t -> t.hasNonNull("endedAt"));
        assertThat(ended.get("state").asText()).isEqualTo("SUCCEEDED");
        await("the viewer sees the end").atMost(Duration.ofMinutes(1)).until(viewer::ended);

        String raw = new String(api.get(path + "/output?format=raw"), StandardCharsets.UTF_8);
        long count = Ledger.count(raw);
        String expected = Ledger.text(count);
        same("raw output", raw, expected);
        same("history", new String(api.get(path + "/output?format=text"), StandardCharsets.UTF_8), expected);
        same("terminal-lines", published(), expected);
        assertThat(viewer.breaches()).isEmpty();
        same("what the viewer saw", viewer.text(), expected);
        return count;
    }

    @Override
    public void close() {
        viewer.close();
    }

    // a diff of megabytes is no help: the first line that differs is
    private static void same(String what, String actual, String expected) {
        if (actual.equals(expected)) {
            return;
        }
        String[] is = actual.split("\n", -1);
        String[] should = expected.split("\n", -1);
        int line = 0;
        while (line < Math.min(is.length, should.length) && is[line].equals(should[line])) {
            line++;
        }
        throw new AssertionError("%s differs: %d lines instead of %d; line %d is '%s' instead of '%s'"
                .formatted(
                        what,
                        is.length,
                        should.length,
                        line,
                        line < is.length ? is[line] : "missing",
                        line < should.length ? should[line] : "missing"));
    }

    /** The lines of the terminal in the topic for analysts, read committed: each number once. */
    private String published() throws IOException {
        TopicPartition partition = new TopicPartition(NAMES.of(Topic.TERMINAL_LINES), PARTITIONS.ofNode(nodeId));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        cluster.bootstrapServers(),
                        "isolation.level",
                        "read_committed",
                        "auto.offset.reset",
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            Map<Long, String> lines = new TreeMap<>();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    TerminalLineRecord line = TerminalLineRecord.parseFrom(record.value());
                    if (line.getTerminalId().equals(task)) {
                        for (int i = 0; i < line.getTextCount(); i++) {
                            long number = line.getNumber() + i;
                            assertThat(lines.put(number, line.getText(i)))
                                    .describedAs("line %d came twice, again at offset %d", number, record.offset())
                                    .isNull();
                        }
                    }
                }
            }
            StringBuilder text = new StringBuilder();
            lines.values().forEach(line -> text.append(line).append('\n'));
            return text.toString();
        }
    }
}
