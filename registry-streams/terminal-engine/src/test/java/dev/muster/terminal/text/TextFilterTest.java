package dev.muster.terminal.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFilterTest {

    private record Result(int exit, String out, String err) {}

    private static Result text(String input, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = TextMain.run(
                List.of(args),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Result(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void prints_clean_lines_that_each_end_in_a_line_feed() {
        assertThat(text("\033[31mred\033[m\n10%\r99%\nlast").out()).isEqualTo("red\n99%\nlast\n");
    }

    @Test
    void prints_nothing_for_no_input_and_drops_empty_lines_at_the_end_however_many() {
        assertThat(text("").out()).isEmpty();
        assertThat(text("\n".repeat(1_000)).out()).isEmpty();
        assertThat(text("a\n\nb" + "\n".repeat(1_000)).out()).isEqualTo("a\n\nb\n");
        assertThat(text("a" + "\n".repeat(1_000) + "b").out()).isEqualTo("a" + "\n".repeat(1_000) + "b\n");
    }

    @Test
    void line_feeds_only_move_down_when_raw() {
        assertThat(text("a\nb\r\nc", "--lf", "raw").out()).isEqualTo("a\n b\nc\n");
        assertThat(text("a\nb\r\nc", "--lf=crlf").out()).isEqualTo("a\nb\nc\n");
    }

    @Test
    void the_size_decides_where_absolute_moves_land() {
        assertThat(text("\033[999;999Hx", "--cols", "5", "--rows", "3").out()).isEqualTo("\n\n    x\n");
        assertThat(text("x".repeat(200), "--cols", "0").out()).isEqualTo("x".repeat(200) + "\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 100_000})
    void chunks_with_saved_and_restored_state_change_nothing(int chunk) {
        String input = ("\033[1mé漢\033[0m\tx\r\033[Kline %\n\033]0;t\033\\" + "y".repeat(170) + "\n").repeat(15);
        assertThat(text(input, "--chunk", "" + chunk).out())
                .isEqualTo(text(input).out());
    }

    @Test
    void a_line_longer_than_64_kib_is_split() {
        assertThat(text("z".repeat(70_000)).out()).isEqualTo("z".repeat(65_536) + "\n" + "z".repeat(4_464) + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--cols=x",
                "--cols=-1",
                "--rows=0",
                "--rows=99999",
                "--lf=lf",
                "--chunk=0",
                "--nope",
                "file",
                "--cols"
            })
    void a_bad_option_is_one_line_on_standard_error_and_exit_125(String option) {
        Result result = text("a", option);
        assertThat(result.exit()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("muster text: ").hasLineCount(1);
    }

    @Test
    void help_is_on_standard_output() {
        assertThat(text("", "--help")).satisfies(r -> assertThat(r.exit()).isZero());
        assertThat(text("", "--help").out()).contains("--cols", "--rows", "--lf", "--chunk");
    }

    @Test
    void a_closed_output_ends_the_run_in_silence() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        byte[] input = "line\n".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        assertThat(TextMain.run(List.of(), new ByteArrayInputStream(input), closed, errors))
                .isEqualTo(141);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
