package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class PlainTextTest {
    @Test
    void what_a_terminal_would_obey_is_shown_as_a_question_mark() {
        assertThat(PlainText.of("a\u001b]52;c;x\u0007b\u009b31m\u007f\u202e\r")).isEqualTo("a?]52;c;x?b?31m???");
        assertThat(PlainText.of("plain\tä 語 🙂")).isEqualTo("plain\tä 語 🙂");
    }

    @Test
    void a_table_has_aligned_columns_and_no_space_at_line_ends() {
        Table table = new Table("NAME", "STATUS");
        table.row("a-long-name", "ONLINE");
        table.row("b", "");
        assertThat(table.render()).containsExactly("NAME         STATUS", "a-long-name  ONLINE", "b            -");
    }

    @Test
    void ages_are_one_word() {
        Instant now = Instant.parse("2026-01-10T00:00:00Z");
        assertThat(Ago.of("2026-01-09T23:59:30Z", now)).isEqualTo("30s");
        assertThat(Ago.of("2026-01-09T23:50:00Z", now)).isEqualTo("10m");
        assertThat(Ago.of("2026-01-09T12:00:00Z", now)).isEqualTo("12h");
        assertThat(Ago.of("2026-01-01T00:00:00Z", now)).isEqualTo("9d");
        assertThat(Ago.of("2026-01-10T00:00:05Z", now)).isEqualTo("0s");
        assertThat(Ago.of("", now)).isEmpty();
    }
}
