package dev.muster.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.kit.kafka.TopicProvisioner;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.data.Ports;
import dev.muster.local.data.StartFailure;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.internals.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);

    @TempDir
    Path directory;

    @Test
    void a_clean_restart_on_another_port_finds_every_record() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            createTopic(broker.bootstrapServers());
            produce(broker.bootstrapServers(), 0, 500);
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            assertThat(readAll(broker.bootstrapServers())).isEqualTo(numbers(500));
        }
    }

    @Test
    void who_makes_the_topics_waits_for_a_broker_that_starts_later_however_short_its_clients_waits_are()
            throws Exception {
        int port = Ports.free();
        Map<String, Object> impatient = Map.of(
                "bootstrap.servers", "127.0.0.1:" + port, "default.api.timeout.ms", "200", "request.timeout.ms", "200");
        KafkaSettings settings =
                KafkaSettings.from(new Env(Map.of("MUSTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + port)));
        try (Admin admin = Admin.create(impatient)) {
            FutureTask<Boolean> made = new FutureTask<>(() -> {
                new TopicProvisioner(admin, settings.names(), settings.partitions(), 1).ensure();
                return true;
            });
            new Thread(made, "provisioner").start();
            try (EmbeddedBroker broker = EmbeddedBroker.start(directory, port)) {
                assertThat(made.get(60, TimeUnit.SECONDS)).isTrue();
                assertThat(broker.bootstrapServers()).endsWith(":" + port);
            }
        }
    }

    @Test
    void a_killed_broker_finds_every_acknowledged_record_again() throws Exception {
        Process process = BrokerProcess.start(directory);
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String bootstrap = BrokerProcess.awaitAddress(output);
            createTopic(bootstrap);
            produce(bootstrap, 0, 500);
        } finally {
            process.destroyForcibly().waitFor();
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            assertThat(readAll(broker.bootstrapServers())).isEqualTo(numbers(500));
        }
    }

    @Test
    void a_taken_port_is_said_in_one_line() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
                    .isInstanceOf(StartFailure.class)
                    .hasMessage("port " + taken.getLocalPort() + " for Kafka is taken");
        }
    }

    @Test
    void whoever_takes_one_of_its_free_ports_first_does_not_keep_it_from_starting_on_others() throws Exception {
        AtomicReference<BrokerFailure> told = new AtomicReference<>();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int its = taken.getLocalPort();
            int other = Ports.free();
            Deque<List<Integer>> free = new ArrayDeque<>(List.of(List.of(its, other), List.of(other, its)));
            try (EmbeddedBroker broker = EmbeddedBroker.start(
                    directory, 0, 0, told::set, () -> free.isEmpty() ? Ports.free(2) : free.remove())) {
                createTopic(broker.bootstrapServers());
            }
        }
        assertThat(told).as("what was tried again is no failure").hasValue(null);
    }

    @Test
    void its_own_port_is_never_its_controllers_too() throws Exception {
        List<Integer> free = Ports.free(2);
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, free.get(1), 0, failure -> {}, () -> free)) {
            assertThat(broker.port()).isEqualTo(free.get(1));
        }
    }

    @Test
    void an_unusable_directory_is_said_in_one_line() throws Exception {
        Path file = java.nio.file.Files.createFile(directory.resolve("a-file"));
        assertThatThrownBy(() -> EmbeddedBroker.start(file, 0))
                .isInstanceOf(StartFailure.class)
                .message()
                .startsWith("cannot format the broker's directory")
                .doesNotContain("\n");
    }

    @Test
    void a_halt_is_reported_and_the_host_lives_on() throws Exception {
        AtomicReference<BrokerFailure> told = new AtomicReference<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0, told::set)) {
            assertThatThrownBy(() -> Exit.halt(1, "disk gone")).isInstanceOf(IllegalStateException.class);
            assertThat(told.get()).isEqualTo(new BrokerFailure("halt", 1, "disk gone"));
            assertThat(broker.port()).isPositive();
        }
    }

    private static void createTopic(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(T0.topic(), 1, (short) 1)))
                    .all()
                    .get();
        }
    }

    private static void produce(String bootstrap, int from, int to) {
        Map<String, Object> config =
                Map.of("bootstrap.servers", bootstrap, "acks", "all", "compression.type", "lz4", "linger.ms", 5);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (String value : numbers(to).subList(from, to)) {
                var unused = producer.send(new ProducerRecord<>(T0.topic(), value));
            }
            producer.flush();
        }
    }

    private static List<String> readAll(String bootstrap) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap), new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(T0));
            consumer.seekToBeginning(List.of(T0));
            long end = consumer.endOffsets(List.of(T0)).getOrDefault(T0, 0L);
            List<String> values = new ArrayList<>();
            while (consumer.position(T0) < end) {
                consumer.poll(java.time.Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static List<String> numbers(int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(Integer::toString)
                .toList();
    }
}
