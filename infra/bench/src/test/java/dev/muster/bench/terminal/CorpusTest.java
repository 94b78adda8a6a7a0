package dev.muster.bench.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusTest {

    @ParameterizedTest
    @CsvSource({"TYPICAL, 90, 130", "DENSE, 25, 50", "PLAIN, 2000000, 2000000"})
    void is_the_same_every_time_and_has_an_escape_every_so_many_bytes(Corpus.Kind kind, int min, int max) {
        byte[] corpus = Corpus.make(kind, 1_000_000);
        assertThat(Corpus.make(kind, 1_000_000)).isEqualTo(corpus);
        int escapes = 0;
        for (byte b : corpus) {
            escapes += b == 0x1b ? 1 : 0;
        }
        assertThat(escapes == 0 ? 2_000_000 : corpus.length / escapes).isBetween(min, max);
    }
}
