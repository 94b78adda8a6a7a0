package dev.muster.terminal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of required behaviours, 80 columns by 24 rows, fed in every way. */
class BehavioursTest {

    record Row(String name, String hex, List<String> expected) {
        byte[] input() {
            return HexFormat.of().parseHex(hex);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        try (InputStream in = BehavioursTest.class.getResourceAsStream("/terminal/behaviours.json")) {
            for (JsonNode row : new ObjectMapper().readTree(in)) {
                List<String> lines = new ArrayList<>();
                row.get("expected_lines").forEach(line -> lines.add(line.asText()));
                rows.add(new Row(row.get("name").asText(), row.get("input_hex").asText(), lines));
            }
        }
        return rows.stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gives_the_expected_lines(Row row) {
        assertThat(EngineRun.at(80, 24).feed(row.input()).end()).isEqualTo(row.expected);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void shows_the_expected_lines_before_the_end(Row row) {
        EngineRun run = EngineRun.at(80, 24).feed(row.input());
        List<String> lines = new ArrayList<>(run.finals());
        lines.addAll(run.window());
        assertThat(lines).isEqualTo(row.expected);
        assertThat(run.engine().nextLine()).isEqualTo(row.expected.size());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gives_the_same_lines_byte_by_byte(Row row) {
        assertThat(EngineRun.at(80, 24).feedInPieces(row.input(), 1).end()).isEqualTo(row.expected);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gives_the_same_lines_when_saved_and_restored_after_every_byte(Row row) {
        assertThat(EngineRun.at(80, 24)
                        .feedAtRandom(row.input(), new Random(1), 1, true)
                        .end())
                .isEqualTo(row.expected);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gives_the_same_lines_at_random_splits_with_restores(Row row) {
        for (int seed = 0; seed < 20; seed++) {
            assertThat(EngineRun.at(80, 24)
                            .feedAtRandom(row.input(), new Random(seed), 7, seed % 2 == 0)
                            .end())
                    .as("seed %d", seed)
                    .isEqualTo(row.expected);
        }
    }
}
