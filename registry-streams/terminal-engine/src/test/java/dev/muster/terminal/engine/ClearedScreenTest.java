package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reader keeps when a program clears the screen. */
class ClearedScreenTest {

    private static final String FRAME =
            "Every 2.0s: df -h      host: 12:00:%02d\r\n\r\nFilesystem  Size  Used\r\n/dev/sda1   100G   %d0G\r\n";

    @ParameterizedTest
    @ValueSource(strings = {"\033[H\033[2J", "\033[2J\033[H", "\033[H\033[2J\033[3J", "\033c", "\033[H\033[22J"})
    void a_program_that_draws_the_same_screen_again_and_again_leaves_its_last_frame(String clear) {
        EngineRun run = EngineRun.at(80, 24).feed("$ watch df -h\r\n");
        for (int i = 0; i < 50; i++) {
            run.feed(clear + FRAME.formatted(i, i % 10));
        }
        assertThat(run.end())
                .containsExactly(
                        "$ watch df -h",
                        "Every 2.0s: df -h      host: 12:00:49",
                        "",
                        "Filesystem  Size  Used",
                        "/dev/sda1   100G   90G");
    }

    @Test
    void screens_that_differ_are_all_kept() {
        List<String> lines = EngineRun.at(80, 24)
                .feed("one\r\n\033[H\033[2Jtwenty\r\n\033[H\033[2J\033[H\033[2Jabc\r\n")
                .end();
        assertThat(lines).containsExactly("one", "twenty", "abc");
    }

    @Test
    void the_cleared_screen_stays_visible_until_it_is_drawn_again() {
        EngineRun run = EngineRun.at(80, 24).feed("\033[H\033[2J" + FRAME.formatted(1, 1) + "\033[H\033[2J");
        assertThat(run.window()).hasSize(4);
        run.feed("Every 2.0s");
        assertThat(run.window()).hasSize(5);
        run.feed(FRAME.formatted(2, 2).substring(10));
        assertThat(run.window()).hasSize(4);
        assertThat(run.window().get(0)).endsWith("12:00:02");
        assertThat(run.finals()).isEmpty();
    }

    @Test
    void a_screen_that_scrolls_after_the_clear_makes_the_cleared_one_final() {
        EngineRun run = EngineRun.at(80, 5).feed("a\r\nb\r\n\033[H\033[2J");
        assertThat(run.finals()).isEmpty();
        run.feed("a\r\nb\r\nc\r\nd\r\ne\r\nf");
        assertThat(run.finals()).containsExactly("a", "b", "a");
        assertThat(run.end()).containsExactly("a", "b", "a", "b", "c", "d", "e", "f");
    }

    @Test
    void a_line_that_began_above_the_window_ends_with_the_clear() {
        List<String> lines = EngineRun.at(10, 2)
                .feed("0123456789".repeat(4) + "abc\033[H\033[2Jnew")
                .end();
        assertThat(lines).containsExactly("0123456789".repeat(4) + "abc", "new");
    }

    @Test
    void clearing_a_blank_screen_adds_nothing() {
        EngineRun run = EngineRun.at(80, 24).feed("x\r\n");
        for (int i = 0; i < 1_000; i++) {
            run.feed("\033[2J\033[H\033[3J\033c");
        }
        assertThat(run.end()).containsExactly("x");
    }

    @Test
    void the_alternate_screen_never_shows_and_a_reset_leaves_it() {
        EngineRun run = EngineRun.at(80, 24).feed("a\r\n\033[?1049h\033[2Jvim\r\n".repeat(3));
        assertThat(run.window()).containsExactly("a");
        run.feed("\033[?1049lb");
        assertThat(run.end()).containsExactly("a", "b");
        assertThat(EngineRun.at(80, 24).feed("a\033[?47hx\033cb").end()).containsExactly("a", "b");
    }
}
