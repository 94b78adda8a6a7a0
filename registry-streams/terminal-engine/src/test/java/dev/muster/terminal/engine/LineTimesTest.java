package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** When each line began. */
class LineTimesTest {
    private static final String V1_INPUT = "one\r\ntwo \u001b[31mred\u001b[0m\r\nw\u00fcst \u4e16\r\n\u001b[H\u001b[2J"
            + "a long line that wraps around\nhalf \u001b[3";
    private static final String STATE_V1 =
            "011403018080040400000103000000050200000000000000000000200000000314001461206c"
                    + "6f6e67206c696e6520746861742077726100000970732061726f756e6400000468616c6600000100020000000774776f207265"
                    + "6400010777fc01737420969c01000000";
    private static final TerminalOptions SMALL = new TerminalOptions(10, 3, true, 256);

    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("muster.fuzz.seeds", 150));
    }

    /** Bytes, each with the time at which it was read. */
    private static final class Timed {
        private final byte[] bytes;
        private final long[] millis;

        private Timed(byte[] bytes, long[] millis) {
            this.bytes = bytes;
            this.millis = millis;
        }

        static Timed random(Random random) {
            byte[] bytes = EscapeSoup.bytes(random, 3_000);
            long[] millis = new long[bytes.length];
            long now = 1_000L + random.nextInt(1_000);
            for (int i = 0; i < millis.length; i++) {
                now += random.nextInt(40) == 0 ? random.nextInt(5_000) : 0;
                millis[i] = now;
            }
            return new Timed(bytes, millis);
        }

        /** Where the bytes of one time from {@code from} on end, or earlier. */
        int end(int from, int sizeMax) {
            int to = from + 1;
            while (to < bytes.length && to - from < sizeMax && millis[to] == millis[from]) {
                to++;
            }
            return to;
        }
    }

    /** An engine with times, and its final lines as {@code "time text"}. */
    private static final class Run implements TimedLineSink {
        private final List<String> lines = new ArrayList<>();
        private final List<Long> times = new ArrayList<>();
        private TerminalEngine engine;

        Run(TerminalOptions options) {
            engine = TerminalEngine.timed(options, this);
        }

        Run feed(long millis, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            engine.feed(bytes, 0, bytes.length, millis);
            return this;
        }

        Run feed(Timed input, Random random, int sizeMax, boolean restores) {
            int from = 0;
            while (from < input.bytes.length) {
                int to = input.end(from, 1 + random.nextInt(sizeMax));
                engine.feed(input.bytes, from, to - from, input.millis[from]);
                from = to;
                if (restores && random.nextInt(3) == 0) {
                    restore();
                }
                if (random.nextInt(50) == 0) {
                    assertThat(window()).allMatch(line -> !line.startsWith("0 "));
                }
            }
            return this;
        }

        Run restore() {
            engine = TerminalEngine.restore(engine.save(), this);
            return this;
        }

        List<String> window() {
            List<String> window = new ArrayList<>();
            engine.window((TimedLineSink) (number, utf8, offset, length, atMillis) ->
                    window.add(atMillis + " " + new String(utf8, offset, length, StandardCharsets.UTF_8)));
            return window;
        }

        List<String> end() {
            engine.end();
            return lines;
        }

        @Override
        public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
            lines.add(atMillis + " " + new String(utf8, offset, length, StandardCharsets.UTF_8));
            times.add(atMillis);
        }
    }

    @Test
    void a_line_has_the_time_of_its_first_byte() {
        Run run = new Run(SMALL).feed(5, "one").feed(7, "\ntw").feed(9, "o\n").feed(11, "three");
        assertThat(run.window()).containsExactly("5 one", "7 two", "11 three");
        assertThat(run.end()).containsExactly("5 one", "7 two", "11 three");
    }

    @Test
    void an_empty_line_has_the_time_of_its_end() {
        assertThat(new Run(SMALL)
                        .feed(5, "one\n")
                        .feed(7, "\n")
                        .feed(9, "\n\ntwo")
                        .end())
                .containsExactly("5 one", "7 ", "9 ", "9 ", "9 two");
    }

    @Test
    void a_wrapped_line_has_the_time_of_its_first_row_and_a_part_that_of_its_own() {
        assertThat(new Run(SMALL)
                        .feed(5, "0123456789")
                        .feed(7, "abcdefghij")
                        .feed(8, "x\nnext\n")
                        .feed(9, "\n\n")
                        .end())
                .startsWith("5 0123456789abcdefghijx", "8 next");
        Run parts = new Run(SMALL);
        for (int i = 0; i < 60; i++) {
            parts.feed(100 + i, "0123456789");
        }
        assertThat(parts.end()).hasSize(3);
        assertThat(parts.times).containsExactly(100L, 125L, 151L);
    }

    @ParameterizedTest
    @CsvSource({
        "'1%\r', '2%', 5 2%", "'1%\r\u001b[K', '2%', 9 2%", "'1%', '\r2%\u001b[K', 5 2%",
        "'1%\u001b[2K\r', '2%', 9 2%", "'1%\u001b[2J\u001b[H', '9%', 9 9%", "'   \r', '2%', 5 2%",
    })
    void a_row_that_has_become_blank_begins_again(String first, String then, String line) {
        assertThat(new Run(SMALL).feed(5, first).feed(9, then).end()).endsWith(line);
        assertThat(new Run(SMALL).feed(5, first).restore().feed(9, then).end()).endsWith(line);
    }

    @Test
    void rows_that_are_written_in_another_order_do_not_make_times_go_back() {
        Run run = new Run(SMALL).feed(5, "\u001b[3;1Hlast").feed(7, "\u001b[1;1Hfirst");
        assertThat(run.end()).containsExactly("7 first", "7 ", "7 last");
    }

    @Test
    void rows_that_nothing_was_written_to_have_the_time_of_the_first_bytes() {
        assertThat(new Run(SMALL).feed(5, "\u001b[3;1H").feed(7, "last").end()).containsExactly("5 ", "5 ", "7 last");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void any_split_and_any_restore_gives_the_same_times_and_they_never_go_back(int seed) {
        Random random = new Random(seed);
        TerminalOptions options = new TerminalOptions(1 + random.nextInt(90), 1 + random.nextInt(30), true, 300);
        Timed input = Timed.random(random);
        Run whole = new Run(options).feed(input, random, Integer.MAX_VALUE - 1, false);
        Run split = new Run(options).feed(input, random, 9, false);
        Run restored = new Run(options).feed(input, random, 60, true);

        assertThat(split.engine.save()).isEqualTo(whole.engine.save());
        assertThat(restored.engine.save()).isEqualTo(whole.engine.save());
        List<String> window = whole.window();
        assertThat(restored.window()).isEqualTo(window);
        List<String> lines = whole.end();
        assertThat(split.end()).isEqualTo(lines);
        assertThat(restored.end()).isEqualTo(lines);
        assertThat(whole.times).isSorted().allMatch(millis -> millis >= input.millis[0]);

        EngineRun untimed = new EngineRun(options).feed(input.bytes);
        assertThat(untimed.end())
                .isEqualTo(lines.stream()
                        .map(line -> line.substring(line.indexOf(' ') + 1))
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void a_state_without_times_is_read_and_goes_on_as_before(int seed) {
        Random random = new Random(seed);
        Timed input = Timed.random(random);
        EngineRun plain = new EngineRun(SMALL).feed(input.bytes);
        byte[] state = plain.engine().save();
        assertThat(state[0]).isEqualTo((byte) 1);
        List<Long> times = new ArrayList<>();
        TimedLineSink sink = (number, utf8, offset, length, atMillis) -> times.add(atMillis);
        TerminalEngine restored = TerminalEngine.restore(state, sink);
        restored.feed(input.bytes, 0, 100, 77);
        plain.engine().feed(input.bytes, 0, 100);
        assertThat(restored.save()).isEqualTo(plain.engine().save());
        restored.end();
        assertThat(times).allMatch(millis -> millis == 0);
    }

    @Test
    void a_state_of_the_release_before_times_is_read() {
        byte[] state = HexFormat.of().parseHex(STATE_V1);
        assertThat(EngineRun.at(20, 3).feed(V1_INPUT).engine().save()).isEqualTo(state);
        assertThat(TerminalEngine.restore(state, (number, utf8, offset, length) -> {})
                        .finalLines())
                .isEqualTo(1);
    }

    @Test
    void times_out_of_range_count_as_the_nearest_and_a_damaged_one_is_refused() {
        Run run = new Run(SMALL).feed(-5, "a\n").feed(Long.MAX_VALUE, "b\n").restore();
        assertThat(run.end()).containsExactly(TerminalEngine.MILLIS_MAX + " a", TerminalEngine.MILLIS_MAX + " b");
        StateWriter out = new StateWriter();
        out.time(5);
        out.time(3);
        byte[] good = out.toBytes();
        StateReader in = new StateReader(good);
        assertThat(in.time()).isEqualTo(5);
        assertThat(in.time()).isEqualTo(3);
        StateReader bad = new StateReader(new byte[] {12, 25});
        assertThatThrownBy(() -> {
                    bad.time();
                    bad.time();
                })
                .isInstanceOf(IllegalArgumentException.class);
    }
}
