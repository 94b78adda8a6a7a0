package dev.muster.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.kit.settings.BadSettingsException;
import dev.muster.kit.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IngressConfigTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void a_key_file_is_all_that_is_needed_and_the_key_is_never_printed() throws Exception {
        IngressConfig config = IngressConfig.from(good());
        assertThat(config.port()).isEqualTo(7_443);
        assertThat(config.tls().isUsed()).isFalse();
        assertThat(config.credentialKey().bytes()).hasSize(32);
        assertThat(config.toString()).contains("credentialKey=Secret");
    }

    @Test
    void all_mistakes_are_reported_at_once() {
        assertThatThrownBy(() -> IngressConfig.from(Map.of(
                        "MUSTER_INGRESS_PORT", "x",
                        "MUSTER_INGRESS_CHUNK_BYTES_MAX", "1",
                        "MUSTER_INGRESS_TLS_CERT_FILE", "/nowhere")))
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining("MUSTER_INGRESS_PORT=x")
                .hasMessageContaining("MUSTER_INGRESS_CHUNK_BYTES_MAX=1")
                .hasMessageContaining("MUSTER_INGRESS_TLS_CERT_FILE=/nowhere")
                .hasMessageContaining("a certificate and its key go together")
                .hasMessageContaining("MUSTER_INGRESS_CREDENTIAL_KEY_FILE is not set");
    }

    @Test
    void plaintext_for_other_machines_must_be_asked_for() throws Exception {
        Map<String, String> open = good();
        open.put("MUSTER_INGRESS_BIND", "0.0.0.0");
        assertThatThrownBy(() -> IngressConfig.from(open)).hasMessageContaining("MUSTER_INGRESS_PLAINTEXT=true");
        open.put("MUSTER_INGRESS_PLAINTEXT", "true");
        assertThat(IngressConfig.from(open).bind()).isEqualTo("0.0.0.0");
    }

    @Test
    void a_key_of_another_length_is_refused() throws Exception {
        Map<String, String> bad = good();
        Files.writeString(directory.resolve("key"), "AAAA");
        assertThatThrownBy(() -> IngressConfig.from(bad)).hasMessageContaining("expected 32 bytes, base64url");
    }

    @Test
    void every_setting_has_a_name_of_its_own_and_says_what_it_is() {
        assertThat(IngressConfig.SETTINGS).extracting(Setting::name).doesNotHaveDuplicates();
        assertThat(IngressConfig.SETTINGS).allMatch(s -> s.name().startsWith("MUSTER_INGRESS_"));
        assertThat(IngressConfig.SETTINGS).allMatch(s -> s.doc().endsWith("."));
    }

    private Map<String, String> good() throws Exception {
        Path key = Files.writeString(
                directory.resolve("key"),
                Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[32]));
        return new HashMap<>(Map.of("MUSTER_INGRESS_CREDENTIAL_KEY_FILE", key.toString()));
    }
}
