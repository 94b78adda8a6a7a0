package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResizeTest {

    @Test
    void fewer_rows_drop_blank_ones_below_the_cursor_first_and_then_push_out_at_the_top() {
        EngineRun run = EngineRun.at(20, 10).feed("a\r\nb\r\nc\r\nd");
        run.engine().resize(20, 5);
        assertThat(run.finals()).isEmpty();
        run.engine().resize(20, 2);
        assertThat(run.finals()).containsExactly("a", "b");
        assertThat(run.window()).containsExactly("c", "d");
        assertThat(run.feed("e\r\nf").end()).containsExactly("a", "b", "c", "de", "f");
    }

    @Test
    void rows_below_the_cursor_that_have_text_are_not_lost() {
        EngineRun run = EngineRun.at(20, 4).feed("a\r\nb\r\nc\r\nd\033[H");
        run.engine().resize(20, 2);
        assertThat(run.end()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void a_narrower_window_keeps_what_is_beyond_its_edge() {
        EngineRun run = EngineRun.at(20, 4).feed("0123456789abcdefghij");
        run.engine().resize(10, 4);
        assertThat(run.window()).containsExactly("0123456789abcdefghij");
        assertThat(run.feed("\r\nx").end()).containsExactly("0123456789abcdefghij", "x");
    }

    @Test
    void wrapped_rows_stay_one_line_in_a_wider_window() {
        EngineRun run = EngineRun.at(10, 4).feed("0123456 89abcdef");
        run.engine().resize(30, 4);
        assertThat(run.window()).containsExactly("0123456 89abcdef");
    }

    @Test
    void the_primary_screen_resizes_behind_the_alternate_one() {
        EngineRun run = EngineRun.at(20, 6).feed("a\r\nb\r\nc\r\n\033[?1049hfull screen");
        run.engine().resize(10, 2);
        run.feed("\033[?1049l>");
        assertThat(run.end()).containsExactly("a", "b", "c", ">");
    }

    @Test
    void margins_and_tab_stops_fit_the_new_size() {
        EngineRun run = EngineRun.at(20, 6).feed("\033[2;3r");
        run.engine().resize(40, 8);
        assertThat(run.feed("\033[H\t\t\t\tx\033[8;1Hlast\nnew").end()).last().isEqualTo("new");
        assertThat(run.finals()).first().isEqualTo(" ".repeat(32) + "x");
    }
}
