package dev.muster.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.api.Json;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlainTextTest {
    @Test
    void what_a_terminal_would_obey_is_shown_as_a_question_mark() {
        assertThat(PlainText.of("a\u001b]52;c;x\u0007b\u009b31m\u007f\u202e\r")).isEqualTo("a?]52;c;x?b?31m???");
        assertThat(PlainText.of("plain\tä 語 🙂")).isEqualTo("plain\tä 語 🙂");
        assertThat(PlainText.of("\u200e\u200f\u061c\u2028\u2029\u202a\u2066\u2069\u206f\n"))
                .isEqualTo("??????????");
    }

    @Test
    void nothing_that_is_said_or_printed_commands_the_terminal() {
        RecordedIo io = new RecordedIo(Map.of());
        io.io().say("a\u001b[31m\n\u009bFAKE\u202e");
        io.io().print("data\u001b]0;x\u0007\u009b\nmore");
        io.io().err().println("a library's \u001b[2J line, grüße 😀");
        io.io().err().write(0x1b);
        io.io().err().write(0xc2);
        io.io().err().write(0x9b);
        io.io().err().flush();
        assertThat(io.errLines()).containsExactly("muster: a?[31m ?FAKE?", "a library's ?[2J line, grüße 😀", "??");
        assertThat(io.out()).isEqualTo("data?]0;x??\nmore\n");
    }

    @Test
    void json_keeps_every_character_as_an_escape_that_no_terminal_obeys() {
        String odd = "\u001b\u007f\u009b31m\u202e\u2028 grüße 😀";
        String json = Json.pretty(Json.object().put("name", odd));
        assertThat(json).doesNotContain("\u007f", "\u009b", "\u202e", "\u2028").contains("grüße 😀");
        assertThat(Json.parse(json).path("name").asText()).isEqualTo(odd);
        assertThat(Json.parse(Json.line(Json.object().put("name", odd)))
                        .path("name")
                        .asText())
                .isEqualTo(odd);
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
