package dev.muster.fanout.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BoundedTextTest {
    private static BoundedText lines(BoundedText text, int count) {
        for (int i = 0; i < count; i++) {
            text.line("line " + i);
        }
        return text;
    }

    @Test
    void what_fits_is_whole() {
        assertThat(lines(new BoundedText(), 2).within(14)).isEqualTo("line 0\nline 1\n");
        assertThat(lines(new BoundedText(), 2).within(0)).isEqualTo("line 0\nline 1\n");
    }

    @Test
    void of_more_head_and_tail_are_left_around_the_number_of_lines_between() {
        assertThat(lines(new BoundedText(), 10).within(28 + 4 * 7))
                .isEqualTo("line 0\nline 1\n[... 6 lines left out ...]\nline 8\nline 9\n");
    }

    @Test
    void lines_that_were_left_out_before_count() {
        BoundedText text = new BoundedText();
        text.line("first");
        text.leftOut(98);
        lines(text, 10);

        assertThat(text.within(45)).isEqualTo("first\n[... 107 lines left out ...]\nline 9\n");
    }

    @Test
    void a_tail_whose_header_was_left_out_brings_it() {
        BoundedText text = new BoundedText();
        text.header("=== one");
        lines(text, 10);
        text.header("=== two");
        lines(text, 10);

        assertThat(text.within(28 + 8 + 7 + 8 + 14))
                .isEqualTo("=== one\nline 0\nline 1\n[... 17 lines left out ...]\n=== two\nline 9\n");
        assertThat(text.within(28 + 16)).isEqualTo("[... 19 lines left out ...]\n=== two\nline 9\n");
    }

    @Test
    void a_tail_under_the_header_of_the_head_does_not_repeat_it() {
        BoundedText text = new BoundedText();
        text.header("=== one");
        lines(text, 20);

        assertThat(text.within(70))
                .containsOnlyOnce("=== one")
                .startsWith("=== one\n")
                .endsWith("line 19\n");
    }

    @Test
    void nothing_is_ever_longer_than_asked_for_however_little_that_is() {
        BoundedText text = new BoundedText();
        text.header("=== \u20ac");
        lines(text, 5);
        text.line("\u20ac".repeat(30));
        text.header("=== two");
        lines(text, 30);
        for (int bytes = 1; bytes < 400; bytes++) {
            assertThat(text.within(bytes).getBytes(StandardCharsets.UTF_8).length)
                    .isLessThanOrEqualTo(bytes);
        }
        assertThat(text.within(3)).isEmpty();
        assertThat(text.within(4)).isEqualTo("...\n");
    }
}
