package dev.muster.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker is killed in the middle of many transactions. Each transaction is then complete or absent, and no reader
 * waits for ever.
 */
class KilledTransactionsTest {
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 12;
    /** The more partitions change their leader at once, the longer the moment in which markers could get lost. */
    private static final int IDLE_PARTITIONS = 150;

    private static final int WRITERS = 6;
    private static final int ENOUGH = 200;
    private static final Duration LONG = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private final Set<String> promised = new ConcurrentSkipListSet<>();
    private final List<Thread> writers = new ArrayList<>();
    private final List<KafkaProducer<String, String>> producers = new ArrayList<>();

    @Test
    void every_transaction_ends_as_it_was_decided() throws Exception {
        Process process = BrokerProcess.start(directory);
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            write(BrokerProcess.awaitAddress(output));
            await().atMost(LONG).until(() -> promised.size() >= ENOUGH);
        } finally {
            process.destroyForcibly().waitFor();
            producers.forEach(producer -> producer.close(Duration.ZERO));
            for (Thread writer : writers) {
                writer.join();
            }
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            List<Set<String>> found = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                found.add(committed(broker.bootstrapServers(), new TopicPartition(TOPIC, partition)));
            }
            assertThat(found.get(0)).containsAll(promised);
            assertThat(found).allMatch(found.get(0)::equals, "holds the same transactions as the first partition");
        }
    }

    private void write(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(
                            new NewTopic(TOPIC, PARTITIONS, (short) 1),
                            new NewTopic("idle", IDLE_PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        for (int i = 0; i < WRITERS; i++) {
            String name = "writer-" + i;
            KafkaProducer<String, String> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", bootstrap, "transactional.id", name, "transaction.timeout.ms", 3_000),
                    new StringSerializer(),
                    new StringSerializer());
            producers.add(producer);
            Thread writer = new Thread(() -> transactions(producer, name), name);
            writers.add(writer);
            writer.start();
        }
    }

    private void transactions(KafkaProducer<String, String> producer, String name) {
        try {
            producer.initTransactions();
            for (int i = 0; ; i++) {
                String transaction = name + "/" + i;
                producer.beginTransaction();
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    var unused = producer.send(new ProducerRecord<>(TOPIC, partition, null, transaction));
                }
                producer.commitTransaction();
                promised.add(transaction);
            }
        } catch (KafkaException | IllegalStateException expectedOnceTheBrokerIsGone) {
            // only what was acknowledged until then counts
        }
    }

    /** Reads to the log's end. A transaction that is never ended would hide that end for ever. */
    private static Set<String> committed(String bootstrap, TopicPartition partition) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                        new StringDeserializer(),
                        new StringDeserializer());
                Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            await().alias("no transaction of " + partition + " is open")
                    .atMost(LONG)
                    .until(
                            () -> admin
                                    .describeProducers(List.of(partition))
                                    .partitionResult(partition)
                                    .get()
                                    .activeProducers()
                                    .stream()
                                    .allMatch(producer -> producer.currentTransactionStartOffset()
                                            .isEmpty()));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            Set<String> values = new TreeSet<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }
}
