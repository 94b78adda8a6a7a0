package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real programs, recorded from a PTY: {@code name.COLSxROWS.raw} with its lines in {@code .txt} and the screen that is
 * visible at the end in {@code .screen}. Both were compared with what @xterm/headless 6 shows; the only difference is
 * that lines of a screen which was cleared are kept here.
 */
class RecordingsTest {

    record Recording(String name, int cols, int rows, Path raw) {

        static Recording of(Path raw) {
            String[] parts = raw.getFileName().toString().split("\\.", -1);
            String[] size = parts[1].split("x", -1);
            return new Recording(parts[0], Integer.parseInt(size[0]), Integer.parseInt(size[1]), raw);
        }

        byte[] bytes() throws IOException {
            return Files.readAllBytes(raw);
        }

        List<String> expected(String suffix) throws IOException {
            return Files.readAllLines(Path.of(raw.toString().replaceFirst("raw$", suffix)));
        }

        EngineRun newRun() {
            return new EngineRun(TerminalOptions.defaults().withSize(cols, rows).withLfIsCrlf(false));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Recording> recordings() throws IOException, URISyntaxException {
        Path directory =
                Path.of(RecordingsTest.class.getResource("/terminal/recordings").toURI());
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".raw")).sorted().toList().stream()
                    .map(Recording::of);
        }
    }

    private static List<String> screen(TerminalEngine engine) {
        Grid grid = engine.screen().grid();
        List<String> rows = new ArrayList<>();
        for (int y = 0; y <= grid.lastUsed(); y++) {
            Row row = grid.row(y);
            StringBuilder text = new StringBuilder();
            for (int x = 0; x < Math.min(row.trimmedLength(), engine.cols()); x++) {
                if (row.codePoint(x) != Row.TAIL) {
                    text.appendCodePoint(row.codePoint(x));
                }
            }
            rows.add(text.toString());
        }
        return rows;
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void gives_the_lines_that_a_person_saw(Recording recording) throws IOException {
        byte[] bytes = recording.bytes();
        List<String> lines = recording.expected("txt");
        assertThat(recording.newRun().feed(bytes).end()).isEqualTo(lines);
        assertThat(recording.newRun().feedInPieces(bytes, 1).end()).isEqualTo(lines);
        for (int seed = 0; seed < 5; seed++) {
            assertThat(recording
                            .newRun()
                            .feedAtRandom(bytes, new Random(seed), 40, true)
                            .end())
                    .isEqualTo(lines);
        }
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void shows_the_same_screen_also_to_a_viewer_who_comes_late(Recording recording) throws IOException {
        EngineRun run = recording.newRun().feed(recording.bytes());
        List<String> screen = recording.expected("screen");
        assertThat(screen(run.engine())).isEqualTo(screen);
        assertThat(screen(recording.newRun().feed(run.engine().repaint()).engine()))
                .isEqualTo(screen);
    }
}
