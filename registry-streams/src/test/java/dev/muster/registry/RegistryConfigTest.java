package dev.muster.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.kit.settings.BadSettingsException;
import dev.muster.kit.settings.Setting;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegistryConfigTest {
    @Test
    void the_defaults_are_right() {
        RegistryConfig config = RegistryConfig.from(Map.of());
        assertThat(config.query().grpcPort()).isEqualTo(7070);
        assertThat(config.streams().control().commitIntervalMs()).isEqualTo(50);
        assertThat(config.streams().terminal().commitIntervalMs()).isEqualTo(25);
    }

    @Test
    void all_mistakes_are_reported_at_once() {
        assertThatThrownBy(() -> RegistryConfig.from(Map.of(
                        "MUSTER_REGISTRY_GRPC_PORT", "x",
                        "MUSTER_REGISTRY_TASKS_OPEN_MAX", "0",
                        "MUSTER_REGISTRY_SESSION_TIMEOUT_MS", "999")))
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining("MUSTER_REGISTRY_GRPC_PORT=x")
                .hasMessageContaining("MUSTER_REGISTRY_TASKS_OPEN_MAX=0")
                .hasMessageContaining("MUSTER_REGISTRY_SESSION_TIMEOUT_MS=999");
    }

    @Test
    void every_setting_is_listed_once_and_takes_its_own_default() {
        Map<String, String> defaults = new HashMap<>();
        for (Setting setting : RegistryConfig.SETTINGS) {
            assertThat(defaults.put(setting.name(), setting.defaultValue()))
                    .as(setting.name())
                    .isNull();
        }
        assertThat(RegistryConfig.from(defaults)).isEqualTo(RegistryConfig.from(Map.of()));
    }
}
