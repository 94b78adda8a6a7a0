package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What must hold for any input. A failure names its seed; the property {@code muster.fuzz.seeds} sets the number of
 * seeds.
 */
class EnginePropertiesTest {

    private static final int INPUT_BYTES = 3_000;

    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("muster.fuzz.seeds", 150));
    }

    private static TerminalOptions options(Random random) {
        int[][] sizes = {{80, 24}, {80, 25}, {160, 100}, {20, 6}, {3, 2}, {1, 1}, {2, 5}, {0, 10}};
        int[] size = sizes[random.nextInt(sizes.length)];
        return new TerminalOptions(size[0], size[1], random.nextBoolean(), random.nextInt(3) == 0 ? 256 : 65_536);
    }

    private static byte[] input(Random random) {
        if (random.nextInt(4) == 0) {
            byte[] noise = new byte[INPUT_BYTES];
            random.nextBytes(noise);
            return noise;
        }
        return EscapeSoup.bytes(random, INPUT_BYTES);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void any_split_and_any_restore_gives_the_same_lines_and_the_same_state(int seed) {
        Random random = new Random(seed);
        TerminalOptions options = options(random);
        byte[] input = input(random);
        EngineRun whole = new EngineRun(options).feed(input);
        EngineRun split = new EngineRun(options).feedAtRandom(input, random, 9, false);
        EngineRun restored = new EngineRun(options).feedAtRandom(input, random, 60, true);

        assertThat(split.engine().save()).isEqualTo(whole.engine().save());
        assertThat(restored.engine().save()).isEqualTo(whole.engine().save());
        assertThat(split.window()).isEqualTo(whole.window());
        List<String> lines = whole.end();
        assertThat(split.end()).isEqualTo(lines);
        assertThat(restored.end()).isEqualTo(lines);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void resizes_lose_no_equality_between_a_restored_and_an_unbroken_engine(int seed) {
        Random random = new Random(seed);
        EngineRun unbroken = EngineRun.at(40, 10);
        EngineRun restored = EngineRun.at(40, 10);
        for (int i = 0; i < 30; i++) {
            byte[] input = EscapeSoup.bytes(random, 150);
            int cols = 1 + random.nextInt(60);
            int rows = 1 + random.nextInt(20);
            unbroken.feed(input).engine().resize(cols, rows);
            restored.restore().feed(input).restore().engine().resize(cols, rows);
        }
        assertThat(restored.engine().save()).isEqualTo(unbroken.engine().save());
        assertThat(restored.end()).isEqualTo(unbroken.end());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void changed_lines_keep_a_copy_of_the_window_up_to_date(int seed) {
        Random random = new Random(seed);
        TerminalOptions options = options(random);
        TreeMap<Long, String> copy = new TreeMap<>();
        TreeMap<Long, String> restoredCopy = new TreeMap<>();
        List<String> finals = new ArrayList<>();
        LineSink toCopy = (n, b, o, l) -> copy.put(n, new String(b, o, l, StandardCharsets.UTF_8));
        LineSink toRestored = (n, b, o, l) -> restoredCopy.put(n, new String(b, o, l, StandardCharsets.UTF_8));
        LineSink both = (n, b, o, l) -> {
            toCopy.line(n, b, o, l);
            finals.add(copy.get(n));
        };
        TerminalEngine engine = new TerminalEngine(options, both);
        TerminalEngine restored = new TerminalEngine(options, toRestored);
        for (int i = 0; i < 25; i++) {
            byte[] input = EscapeSoup.bytes(random, 120);
            engine.feed(input, 0, input.length);
            engine.takeChanged(toCopy);
            copy.tailMap(engine.nextLine()).clear();

            restored = TerminalEngine.restore(restored.save(), toRestored);
            restored.feed(input, 0, input.length);
            restored = TerminalEngine.restore(restored.save(), toRestored);
            restored.takeChanged(toRestored);
            restoredCopy.tailMap(restored.nextLine()).clear();

            TreeMap<Long, String> window = new TreeMap<>();
            engine.window((n, b, o, l) -> window.put(n, new String(b, o, l, StandardCharsets.UTF_8)));
            assertThat(copy.tailMap(engine.finalLines())).isEqualTo(window);
            assertThat(restoredCopy).isEqualTo(copy);
            assertThat(restored.save()).isEqualTo(engine.save());
        }
        assertThat(finals).hasSize((int) engine.finalLines());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void a_repaint_brings_a_blank_terminal_to_the_same_screen(int seed) {
        Random random = new Random(seed);
        TerminalOptions options = options(random).withLineBytesMax(65_536);
        TerminalEngine engine = new EngineRun(options).feed(input(random)).engine();
        TerminalEngine blank = new EngineRun(options).feed(engine.repaint()).engine();

        assertThat(readable(blank.repaint())).isEqualTo(readable(engine.repaint()));
    }

    private static String readable(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).replace("\033", "<ESC>");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_line_keeps_to_the_limit_and_ends_without_blanks_unless_split(int seed) {
        Random random = new Random(seed);
        int limit = 300;
        TerminalOptions options = options(random).withLineBytesMax(limit);
        for (String line : new EngineRun(options).feed(input(random)).end()) {
            int bytes = line.getBytes(StandardCharsets.UTF_8).length;
            assertThat(bytes).isLessThanOrEqualTo(limit);
            assertThat(bytes < limit - 40 && line.endsWith(" ")).as(line).isFalse();
            assertThat(line.chars()).as(line).allMatch(c -> c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f));
        }
    }
}
