package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.registry.RegistryConfig;
import dev.muster.registry.streams.RocksMemory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

final class TerminalAppTest {
    @Test
    void what_one_partition_brings_at_once_stays_small_whatever_the_clients_are_told() {
        RegistryConfig config = RegistryConfig.from(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS", "localhost:1",
                "MUSTER_REGISTRY_STATE_DIR", "state",
                "MUSTER_KAFKA_MAX_PARTITION_FETCH_BYTES", "52428800"));
        try (RocksMemory memory = new RocksMemory(8 << 20, 4 << 20)) {
            StreamsConfig properties = new StreamsConfig(
                    TerminalApp.properties(config.kafka(), config.streams(), memory, new SimpleMeterRegistry()));

            assertThat(properties.getMainConsumerConfigs("group", "client", 0).get("max.partition.fetch.bytes"))
                    .isEqualTo(TerminalApp.PARTITION_FETCH_BYTES);
        }
    }
}
