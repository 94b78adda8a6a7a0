package dev.muster.local.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.local.data.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExposureTest {
    @TempDir
    Path dir;

    private Optional<Exposure.Tls> files() throws IOException {
        Path certificate = Files.writeString(dir.resolve("gateway.pem"), "certificate");
        return Optional.of(new Exposure.Tls(certificate, Files.writeString(dir.resolve("gateway.key"), "key")));
    }

    private static Exposure of(String bind, String advertise, Optional<Exposure.Tls> tls, boolean plaintext) {
        return Exposure.of(bind, advertise.isEmpty() ? Optional.empty() : Optional.of(advertise), tls, plaintext);
    }

    @Test
    void on_loopback_nothing_more_is_needed() {
        assertThat(of("127.0.0.1", "", Optional.empty(), false)).isEqualTo(Exposure.loopback());
        assertThat(Exposure.loopback().joinOptions()).isEmpty();
        assertThat(of("::1", "", Optional.empty(), false).pageHost()).isEqualTo("::1");
    }

    @Test
    void others_are_let_in_only_with_a_certificate_or_when_told_so() throws IOException {
        for (String bind : new String[] {"0.0.0.0", "192.0.2.7", "::"}) {
            assertThatThrownBy(() -> of(bind, "muster.example", Optional.empty(), false))
                    .isInstanceOf(StartFailure.class)
                    .hasMessageContaining("other machines can reach " + bind)
                    .hasMessageContaining("--tls-cert")
                    .hasMessageContaining("--plaintext");
        }
        Exposure told = of("0.0.0.0", "muster.example", Optional.empty(), true);
        assertThat(told.agentHost()).isEqualTo("0.0.0.0");
        assertThat(told.pageHost()).isEqualTo("0.0.0.0");
        assertThat(told.pageName()).isEqualTo("muster.example");
        assertThat(told.joinOptions()).isEqualTo("--plaintext");

        Exposure secured = of("0.0.0.0", "muster.example", files(), false);
        assertThat(secured.agentHost()).isEqualTo("0.0.0.0");
        assertThat(secured.joinOptions()).isEqualTo("--ca gateway.pem");
    }

    @Test
    void a_join_line_names_the_certificate_so_that_a_shell_reads_the_same_name() throws IOException {
        Path certificate = Files.writeString(dir.resolve("it's our gateway.pem"), "certificate");
        Exposure secured =
                of("0.0.0.0", "muster.example", Optional.of(new Exposure.Tls(certificate, certificate)), false);
        assertThat(secured.joinOptions()).isEqualTo("--ca 'it'\\''s our gateway.pem'");
    }

    @Test
    void a_certificate_is_for_agents_and_the_page_stays_here_unless_told_otherwise() throws IOException {
        Exposure secured = of("0.0.0.0", "muster.example", files(), false);
        assertThat(secured.pageHost()).isEqualTo("127.0.0.1");
        assertThat(secured.pageName()).isEqualTo("127.0.0.1");
        assertThat(secured.pageIsOnlyHere()).isTrue();

        Exposure both = of("0.0.0.0", "muster.example", files(), true);
        assertThat(both.pageHost()).isEqualTo("0.0.0.0");
        assertThat(both.joinOptions()).isEqualTo("--ca gateway.pem");
        assertThat(both.pageIsOnlyHere()).isFalse();
    }

    @Test
    void all_addresses_need_a_name_by_which_others_come() {
        assertThatThrownBy(() -> of("0.0.0.0", "", Optional.empty(), true))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("--advertise");
        assertThat(of("192.0.2.7", "", Optional.empty(), true).advertised()).isEqualTo("192.0.2.7");
    }

    @Test
    void files_that_cannot_be_read_are_named() {
        Path missing = dir.resolve("missing.pem");
        assertThatThrownBy(
                        () -> of("0.0.0.0", "muster.example", Optional.of(new Exposure.Tls(missing, missing)), false))
                .isInstanceOf(StartFailure.class)
                .hasMessage("cannot read " + missing);
    }

    @Test
    void who_is_here_reaches_all_addresses_by_loopback() {
        assertThat(Exposure.fromHere("0.0.0.0")).isEqualTo("127.0.0.1");
        assertThat(Exposure.fromHere("192.0.2.7")).isEqualTo("192.0.2.7");
    }
}
