package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs that have hurt other tools: unbounded buffers, quadratic time, allocation by request. */
class HostileInputTest {

    private static final int MILLION = 1_000_000;
    private static final int STATE_BYTES_PLAIN = 128;

    @ParameterizedTest
    @ValueSource(strings = {"\033]", "\033P", "\033_", "\033^", "\033X"})
    void an_endless_string_costs_no_memory_and_the_text_after_its_limit_is_read_again(String opener) {
        EngineRun run = EngineRun.at(80, 24).feed("before\r\n" + opener);
        byte[] payload = "x".repeat(64 * 1_024).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 15; i++) {
            run.feed(payload);
            assertThat(run.engine().save()).hasSizeLessThan(STATE_BYTES_PLAIN);
            assertThat(run.window()).containsExactly("before");
        }
        assertThat(run.engine().resyncs()).isZero();
        run.feed(payload).feed("after");
        assertThat(run.engine().resyncs()).isEqualTo(1);
        assertThat(run.end()).containsExactly("before", "after");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033]", "\033P"})
    void a_long_string_ends_at_a_line_feed(String opener) {
        EngineRun run = EngineRun.at(80, 24).feed(opener + "a".repeat(4_000) + "\nb" + "c".repeat(200) + "\nafter");
        assertThat(run.end()).containsExactly("", "after");
        assertThat(run.engine().resyncs()).isEqualTo(1);
    }

    @Test
    void a_control_sequence_of_a_million_parameters_ends_at_its_last_byte() {
        assertThat(EngineRun.at(80, 24)
                        .feed("a\033[" + "1;".repeat(MILLION) + "mb")
                        .end())
                .containsExactly("ab");
        assertThat(EngineRun.at(80, 24)
                        .feed("a\033[" + "9".repeat(MILLION) + "Cb")
                        .end())
                .containsExactly("a" + " ".repeat(78) + "b");
        assertThat(EngineRun.at(80, 24)
                        .feed("a\033[" + "1:".repeat(MILLION) + "mb")
                        .end())
                .containsExactly("ab");
        assertThat(EngineRun.at(80, 24)
                        .feed("a\033[" + "#".repeat(MILLION) + "mb")
                        .end())
                .containsExactly("ab");
    }

    @Test
    void moves_and_repeats_are_clamped_to_the_window() {
        assertThat(EngineRun.at(80, 24).feed("\033[5000B".repeat(10_000) + "x").end())
                .hasSize(24);
        assertThat(EngineRun.at(80, 24).feed("\033[2147483647Bx").end()).hasSize(24);
        List<String> repeated = EngineRun.at(80, 24).feed("ab\033[2147483647b").end();
        assertThat(repeated).hasSize(1);
        assertThat(repeated.get(0)).hasSize(2 + 80 * 24).endsWith("bbbb");
        for (String command : List.of("S", "T", "L", "M", "@", "P", "X", "I", "Z")) {
            assertThat(EngineRun.at(80, 24)
                            .feed("a\033[65535" + command + "\033[H")
                            .end()
                            .size())
                    .as(command)
                    .isLessThanOrEqualTo(24);
        }
    }

    @Test
    void a_line_without_an_end_is_split_at_the_limit() {
        EngineRun run = new EngineRun(TerminalOptions.defaults().withSize(0, 24));
        byte[] piece = "0123456789".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 100; i++) {
            run.feed(piece);
        }
        List<String> lines = run.end();
        assertThat(lines).hasSize(16);
        assertThat(lines.subList(0, 15)).allMatch(line -> line.length() == 64 * 1_024);
        assertThat(String.join("", lines)).isEqualTo("0123456789".repeat(100_000));
    }

    @Test
    void a_line_is_split_between_characters() {
        List<String> lines = EngineRun.at(80, 24).feed("x" + "漢".repeat(30_000)).end();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).getBytes(StandardCharsets.UTF_8).length).isEqualTo(1 + 21_845 * 3);
        assertThat(String.join("", lines)).isEqualTo("x" + "漢".repeat(30_000));
    }

    @Test
    void a_line_that_ends_exactly_at_the_limit_is_one_line_and_blanks_after_it_are_dropped() {
        String full = "y".repeat(64 * 1_024);
        assertThat(EngineRun.at(160, 100).feed(full + "\nz").end()).containsExactly(full, "z");
        assertThat(EngineRun.at(160, 100).feed(full + " ".repeat(500) + "\nz").end())
                .containsExactly(full, "z");
        assertThat(EngineRun.at(160, 100).feed(" ".repeat(200_000) + "\nz").end())
                .containsExactly("", "z");
    }

    @Test
    void a_million_combining_marks_on_one_cell_keep_the_first_few() {
        List<String> lines =
                EngineRun.at(80, 24).feed("e" + "\u0301".repeat(MILLION) + "x").end();
        assertThat(lines).containsExactly("e" + "\u0301".repeat(Marks.MAX) + "x");
    }

    @Test
    void a_million_redraws_of_one_line_are_one_line() {
        EngineRun run = EngineRun.at(80, 24);
        for (int i = 0; i < 1_000; i++) {
            run.feed("\r\033[K#".repeat(1_000));
        }
        assertThat(run.end()).containsExactly("#");
    }

    @Test
    void a_million_visits_to_the_alternate_screen_leave_nothing() {
        EngineRun run = EngineRun.at(80, 24).feed("a");
        for (int i = 0; i < 1_000; i++) {
            run.feed("\033[?1049hxyz\033[?1049l".repeat(1_000));
        }
        assertThat(run.engine().save()).hasSizeLessThan(STATE_BYTES_PLAIN);
        assertThat(run.end()).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033", "\033[", "\033]", "\033P", "\0", "\007", "\u00c2", "\033(", "\033[?", "\033[;"})
    void a_million_openings_are_read_in_linear_time_and_leave_a_small_state(String opening) {
        EngineRun run = EngineRun.at(80, 24).feed("a");
        byte[] bytes = opening.repeat(MILLION).getBytes(StandardCharsets.ISO_8859_1);
        run.feed(bytes);
        assertThat(String.join("", run.end())).containsPattern("^a\ufffd*$");
    }

    @Test
    void a_stream_that_ends_inside_a_sequence_shows_nothing_of_it() {
        for (String end :
                List.of("\033", "\033[", "\033[12;3", "\033[?", "\033(", "\033]0;ti", "\033Pq", "\033_x", "\033[ ")) {
            EngineRun run = EngineRun.at(80, 24).feed("text" + end);
            assertThat(run.engine().save()).as("state").hasSizeLessThan(STATE_BYTES_PLAIN);
            assertThat(run.end()).containsExactly("text");
        }
        assertThat(EngineRun.at(80, 24)
                        .feed(new byte[] {'a', (byte) 0xe2, (byte) 0x82})
                        .end())
                .containsExactly("a");
    }

    @Test
    void the_largest_terminal_is_bounded_and_sizes_are_clamped() {
        TerminalOptions options = TerminalOptions.defaults().withSize(1_000_000, 1_000_000);
        assertThat(options.cols() * options.rows()).isLessThanOrEqualTo(TerminalOptions.CELLS_MAX);
        EngineRun run = new EngineRun(options);
        run.engine().resize(1_000_000, 1_000_000);
        assertThat(run.engine().cols()).isEqualTo(TerminalOptions.COLS_MAX);
        assertThat(run.engine().rows()).isEqualTo(128);
        assertThat(EngineRun.at(1, 1).feed("漢字ab\n").end()).containsExactly("ab");
    }
}
