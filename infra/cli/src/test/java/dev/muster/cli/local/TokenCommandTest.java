package dev.muster.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.console.CliFailure;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenCommandTest {
    @Test
    void times_have_a_unit() {
        assertThat(TokenCommand.duration("30s")).isEqualTo(Duration.ofSeconds(30));
        assertThat(TokenCommand.duration("15m")).isEqualTo(Duration.ofMinutes(15));
        assertThat(TokenCommand.duration("12h")).isEqualTo(Duration.ofHours(12));
        assertThat(TokenCommand.duration("7d")).isEqualTo(Duration.ofDays(7));
        assertThatThrownBy(() -> TokenCommand.duration("12")).isInstanceOf(CliFailure.class);
    }
}
