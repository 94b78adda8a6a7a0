package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The last column, where a wrap is pending: DEC STD 070 keeps the cursor on that column and only remembers the wrap.
 * Each expectation was checked on a real xterm.
 */
class LastColumnTest {

    private static final String FULL = "0123456789";

    private static List<String> lines(String text) {
        return EngineRun.at(10, 4).feed(text).end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033[K", "\033[0K", "\033[?K", "\033[J", "\033[0J", "\033[?J"})
    void erasing_to_the_right_takes_the_last_character_and_calls_the_wrap_off(String erase) {
        assertThat(lines(FULL + erase)).containsExactly("012345678");
        assertThat(lines(FULL + erase + "!?")).containsExactly("012345678!?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033[1K", "\033[2K", "\033[?1K"})
    void erasing_the_whole_row_leaves_the_cursor_on_its_last_column(String erase) {
        assertThat(lines("a\n" + FULL + erase + "!")).containsExactly("a", "         !");
    }

    @Test
    void clearing_the_screen_calls_the_wrap_off() {
        assertThat(lines("a\n" + FULL + "\033[2J!")).containsExactly("a", FULL, "", "         !");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033[@", "\033[P", "\033[X"})
    void editing_the_last_column_calls_the_wrap_off(String edit) {
        assertThat(lines(FULL + edit + "!")).containsExactly("012345678!");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033[!p", "\033[Z", "\033[m", "\007", "\033[4h", "\0337\033[H\0338"})
    void what_neither_moves_nor_edits_leaves_the_wrap_pending(String sequence) {
        assertThat(lines(FULL + sequence + "!")).containsExactly(FULL + "!");
    }

    @ParameterizedTest
    @CsvSource({"'a\033[2b', aaa", "'a\033[2b\033[2b', aaa", "'a\033[m\033[2b', a", "'ab\b\033[2b', ab", "'漢\033[b', 漢漢"
    })
    void a_character_is_repeated_only_right_after_it(String text, String expected) {
        assertThat(lines(text)).containsExactly(expected);
    }

    @Test
    void in_reverse_wrap_mode_moving_left_goes_over_the_edge_of_a_wrapped_line_only() {
        assertThat(lines("abc\n" + FULL + "xyz\033[?45h\033[99DX")).containsExactly("abc", "X123456789xyz");
        assertThat(lines(FULL + "xyz\033[?45h\033[4D!")).containsExactly("012345678!xyz");
        assertThat(lines(FULL + "xyz\033[4D!")).containsExactly(FULL + "!yz");
    }

    @Test
    void a_cursor_that_is_restored_in_origin_mode_stays_within_margins_set_since() {
        EngineRun run = EngineRun.at(10, 4).feed("\033[?6h\0337\033[3;4rx\0338y");
        assertThat(run.window()).containsExactly("", "", "y");
        TerminalEngine copy = EngineRun.at(10, 4).feed(run.engine().repaint()).engine();
        assertThat(copy.repaint()).isEqualTo(run.engine().repaint());
    }

    @Test
    void a_repaint_keeps_a_blank_row_that_goes_on_in_the_next() {
        EngineRun run = EngineRun.at(10, 4).feed("\033[2;1H" + " ".repeat(10) + "x\033[H");
        TerminalEngine copy = EngineRun.at(10, 4).feed(run.engine().repaint()).engine();
        assertThat(copy.repaint()).isEqualTo(run.engine().repaint());
        assertThat(run.end()).containsExactly("", " ".repeat(10) + "x");
    }
}
