package dev.muster.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerCheckTest {
    @TempDir
    Path directory;

    @Test
    void the_timeout_of_transactions_is_what_the_registries_gave_the_broker() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaSettings settings =
                    KafkaSettings.from(new Env(Map.of("MUSTER_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers())));
            assertThat(standstill(settings, false)).endsWith("may stand still for up to 3 s");

            begin(broker, settings.names().application("control") + "-1", 30_000);
            begin(broker, "of-somebody-else", 60_000);

            assertThat(standstill(settings, false)).endsWith("may stand still for up to 30 s");
            assertThat(standstill(settings, true)).contains("next start goes on at once");
        }
    }

    private static String standstill(KafkaSettings settings, boolean onlyProcess) throws InterruptedException {
        List<Finding> findings = BrokerCheck.run(settings, onlyProcess);
        return findings.get(findings.size() - 1).what();
    }

    private static void begin(EmbeddedBroker broker, String transactionalId, int timeoutMs) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "transactional.id", transactionalId,
                        "transaction.timeout.ms", timeoutMs),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.initTransactions();
        }
    }
}
