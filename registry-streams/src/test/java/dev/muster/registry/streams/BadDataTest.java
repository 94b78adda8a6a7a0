package dev.muster.registry.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.topics.ProtoSerde;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.proto.records.v1.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;

/** The properties of both apps, with their handlers, in a topology that fails on demand. */
class BadDataTest {
    private static Properties properties(RocksMemory memory) {
        Env env = new Env(Map.of("MUSTER_REGISTRY_STATE_DIR", "target/bad-data-state"));
        StreamsSettings settings = StreamsSettings.from(env);
        return settings.properties(settings.control(), KafkaSettings.from(env), memory);
    }

    private static Topology failingOn(String word, RuntimeException failure) {
        Consumer<Record<String, String>> consumer = record -> {
            if (record.value().equals(word)) {
                throw failure;
            }
        };
        return new Topology()
                .addSource("source", new StringDeserializer(), new StringDeserializer(), "in")
                .addProcessor(
                        "work", () -> new FreshProcessor<String, String, Void, Void>(context -> consumer), "source");
    }

    @Test
    void a_record_that_makes_us_fail_becomes_a_dead_letter_and_the_next_one_is_processed() {
        try (RocksMemory memory = new RocksMemory(8 << 20, 4 << 20);
                TopologyTestDriver driver = new TopologyTestDriver(
                        failingOn("poison", new IllegalStateException("a bug")), properties(memory))) {
            TestInputTopic<String, String> in =
                    driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            TestOutputTopic<String, DeadLetter> dlq = driver.createOutputTopic(
                    "muster.dlq", new StringDeserializer(), new ProtoSerde<>(DeadLetter.parser()).deserializer());
            in.pipeInput("key", "poison");
            in.pipeInput("key", "fine");

            var read = dlq.readRecord();
            assertThat(new String(read.headers().lastHeader("schema").value(), StandardCharsets.US_ASCII))
                    .isEqualTo("muster.records.v1.DeadLetter");
            assertThat(read.headers().lastHeader("content-type")).isNotNull();
            var letter = new KeyValue<>(read.key(), read.value());
            assertThat(letter.key).isEqualTo("in-0");
            assertThat(letter.value.getReason()).isEqualTo("internal");
            assertThat(letter.value.getErrorId()).hasSize(12);
            assertThat(letter.value.getValue().toStringUtf8()).isEqualTo("poison");
            assertThat(letter.value.getKey().toStringUtf8()).isEqualTo("key");
            assertThat(dlq.isEmpty()).isTrue();
        }
    }

    @Test
    void a_failure_of_kafka_is_not_taken_for_bad_data() {
        try (RocksMemory memory = new RocksMemory(8 << 20, 4 << 20);
                TopologyTestDriver driver = new TopologyTestDriver(
                        failingOn("any", new KafkaException("the broker is gone")), properties(memory))) {
            TestInputTopic<String, String> in =
                    driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            assertThatThrownBy(() -> in.pipeInput("key", "any")).hasRootCauseInstanceOf(KafkaException.class);
        }
    }
}
