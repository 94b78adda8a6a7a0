package dev.muster.kit.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static final Setting PORT = Setting.number("MUSTER_TEST_PORT", 80, 0, 65_535, "A port.");
    private static final Setting FILE = Setting.text("MUSTER_TEST_FILE", "", "A file.");

    @Test
    void all_mistakes_are_reported_at_once() {
        Env env = new Env(Map.of("MUSTER_TEST_PORT", "eighty"));
        env.number(PORT);
        env.required(FILE);
        assertThatThrownBy(env::throwIfMistaken)
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining("MUSTER_TEST_PORT=eighty: expected a whole number from 0 to 65535")
                .hasMessageContaining("MUSTER_TEST_FILE is not set: A file.");
    }

    @Test
    void the_ends_of_a_range_are_allowed_and_nothing_beyond() {
        assertThat(new Env(Map.of("MUSTER_TEST_PORT", "65535")).number(PORT)).isEqualTo(65_535);
        Env beyond = new Env(Map.of("MUSTER_TEST_PORT", "65536"));
        beyond.number(PORT);
        assertThatThrownBy(beyond::throwIfMistaken).hasMessageContaining("65536");
    }

    @Test
    void a_prefix_that_no_topic_can_have_is_a_mistake_beside_the_others() {
        Env env = new Env(Map.of("MUSTER_TOPIC_PREFIX", "fleet one/", "MUSTER_TOPIC_REPLICATION", "0"));
        KafkaSettings.from(env);
        assertThatThrownBy(env::throwIfMistaken)
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining("MUSTER_TOPIC_PREFIX=fleet one/: expected")
                .hasMessageContaining("MUSTER_TOPIC_REPLICATION=0: expected");
    }

    @Test
    void client_properties_pass_through() {
        Env env = new Env(Map.of("MUSTER_KAFKA_SECURITY_PROTOCOL", "SSL", "MUSTER_TOPIC_PREFIX", "a."));
        KafkaSettings settings = KafkaSettings.from(env);
        assertThat(settings.properties())
                .containsEntry("security.protocol", "SSL")
                .containsEntry("bootstrap.servers", "127.0.0.1:19092");
        assertThat(settings.names().application("control")).isEqualTo("a-control-v1");
    }
}
