package dev.muster.fanout.resources.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedTextTest {
    private static TerminalHistory.Builder numbered(int from, int to) {
        TerminalHistory.Builder terminal =
                TerminalHistory.newBuilder().setTerminalId("tk_1").setNextLine(to);
        for (int i = from; i < to; i++) {
            terminal.addLines(Line.newBuilder().setNumber(i).setText("line " + i));
        }
        return terminal;
    }

    private static TerminalHistory said(String... texts) {
        TerminalHistory.Builder terminal = TerminalHistory.newBuilder();
        for (int i = 0; i < texts.length; i++) {
            terminal.addLines(Line.newBuilder().setNumber(i).setText(texts[i]));
        }
        return terminal.build();
    }

    private static TerminalText plain(TerminalHistory.Builder terminal) {
        return new TerminalText("", terminal.build(), false, false);
    }

    private static TerminalText under(String header, TerminalHistory.Builder terminal) {
        return new TerminalText(header, terminal.build(), false, false);
    }

    private static BoundedText of(TerminalText... terminals) {
        BoundedText text = new BoundedText();
        List.of(terminals).forEach(text::add);
        return text;
    }

    @Test
    void a_part_of_a_long_line_has_whole_characters_and_no_more_bytes_than_it_may() {
        String line = "a\u00e9\u20ac\ud83d\ude00".repeat(50_000);
        for (int bytes = 100; bytes < 112; bytes++) {
            String part = of(plain(said(line).toBuilder())).within(bytes);

            assertThat(BoundedText.bytes(part)).isBetween(bytes - 4, bytes);
            assertThat(part).endsWith("...\n").doesNotContain("?");
            assertThat(line).startsWith(part.substring(0, part.length() - 4));
        }
    }

    @Test
    void what_fits_is_whole() {
        assertThat(of(plain(numbered(0, 2))).within(14)).isEqualTo("line 0\nline 1\n");
        assertThat(of(plain(numbered(0, 2))).within(0)).isEqualTo("line 0\nline 1\n");
    }

    @Test
    void of_more_the_end_is_left_under_the_number_of_lines_before() {
        assertThat(of(plain(numbered(0, 9))).within(26 + 14)).isEqualTo("[... 7 lines before ...]\nline 7\nline 8\n");
    }

    @Test
    void lines_that_were_left_out_already_count() {
        TerminalHistory.Builder terminal = numbered(102, 302).setMoreFrom(0).setMoreTo(102);

        assertThat(of(plain(terminal)).within(0)).startsWith("[... 102 lines before ...]\nline 102\n");
        assertThat(of(plain(terminal)).within(60))
                .isEqualTo("[... 299 lines before ...]\nline 299\nline 300\nline 301\n");
    }

    @Test
    void lines_that_are_no_longer_kept_are_told() {
        assertThat(of(plain(numbered(5, 7).setFirstKept(5))).within(0))
                .isEqualTo("[... 5 lines no longer kept ...]\nline 5\nline 6\n");
    }

    @Test
    void every_terminal_keeps_its_end() {
        BoundedText text = of(
                under("=== one", numbered(0, 300)),
                under("=== two", numbered(0, 3)),
                under("=== three", numbered(0, 300)));

        String shown = text.within(300);
        assertThat(shown.length()).isBetween(250, 300);
        assertThat(shown)
                .contains("line 299\n=== two\nline 0\nline 1\nline 2\n=== three\n[... ")
                .endsWith("line 299\n");
    }

    @Test
    void where_not_all_have_room_the_oldest_are_left_out() {
        BoundedText text = of(
                under("=== one", numbered(0, 300)),
                under("=== two", numbered(0, 300)),
                under("=== three", numbered(0, 300)));

        assertThat(text.within(90))
                .startsWith("[... 2 older terminals left out ...]\n=== three\n[... ")
                .endsWith("line 299\n");
    }

    @Test
    void what_is_read_forward_keeps_its_beginning_and_says_where_to_go_on() {
        TerminalText forward = new TerminalText("", numbered(10, 40).build(), false, true);

        assertThat(of(forward).within(70))
                .isEqualTo("line 10\nline 11\nline 12\n[... 27 lines after: go on with after=13 ...]\n");
    }

    @Test
    void a_search_says_where_to_go_on() {
        TerminalHistory found = numbered(500, 502)
                .setMoreFrom(0)
                .setMoreTo(400)
                .setMoreReason(MoreReason.MORE_REASON_BUDGET)
                .build();

        assertThat(of(new TerminalText("", found, true, false)).within(0))
                .isEqualTo(
                        "[... lines before were left out: go on with terminal=tk_1&before=400 ...]\nline 500\nline 501\n");
    }

    @Test
    void output_cannot_look_like_a_header_or_a_marker() {
        String header = "=== tk_01aaaaaaaaaaaaaaaaaaaaaaaa SUCCEEDED exit 0 2026-12-01T00:00:00Z $ rm -rf /";
        String marker = "[... 5 lines left out ...]";

        String text = of(new TerminalText(
                        "=== tk_1", said(header, marker, "\\" + header, "a\u2028" + header, "==== x"), false, false))
                .within(0);

        assertThat(text)
                .isEqualTo(
                        "=== tk_1\n\\" + header + "\n\\" + marker + "\n\\\\" + header + "\na " + header + "\n==== x\n");
        assertThat(text.lines().filter(line -> line.startsWith("=== ") || line.startsWith("[... ")))
                .containsExactly("=== tk_1");
    }

    @Test
    void nothing_is_ever_longer_than_asked_for_however_little_that_is() {
        BoundedText text = of(
                new TerminalText("=== \u20ac", said("a", "\u20ac".repeat(30)), false, false),
                under("=== two", numbered(0, 30)),
                new TerminalText("=== three", said("\ud83d\ude00".repeat(50)), false, false));
        for (int bytesMax = 1; bytesMax < 400; bytesMax++) {
            String shown = text.within(bytesMax);
            assertThat(BoundedText.bytes(shown)).isLessThanOrEqualTo(bytesMax);
            assertThat(shown.isEmpty() || shown.endsWith("\n")).isTrue();
            assertThat(shown).doesNotContain("?");
        }
    }
}
