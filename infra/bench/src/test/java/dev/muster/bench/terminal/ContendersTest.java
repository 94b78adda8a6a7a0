package dev.muster.bench.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContendersTest {

    @TempDir
    private Path directory;

    @Test
    void where_strip_ansi_cannot_be_installed_the_built_in_one_runs_under_its_own_name() throws IOException {
        byte[] text = "\033[1mbold\033[0m\n".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
        NamedCorpus corpus = new NamedCorpus("bold", text, Files.write(directory.resolve("bold"), text));
        Optional<Contender> started = StripAnsi.start(Files.createDirectory(directory.resolve("npm")), 0);
        assumeTrue(started.isPresent(), "there is no node here");
        try (Contender contender = started.get()) {
            assertThat(contender.name()).isEqualTo(StripAnsi.BUILT_IN_NAME);
            assertThat(contender.run(corpus, 4_096)).isPositive();
        }
    }

    @Test
    void a_program_that_is_not_there_does_not_take_part() throws IOException {
        assertThat(ProcessContender.start("none", "resub.py", "no-such-program", "-c"))
                .isEmpty();
    }

    @Test
    void the_jmh_benchmark_feeds_each_corpus() throws IOException {
        for (String corpus : new String[] {"typical", "plain", "dense", "recordings"}) {
            EngineBenchmark benchmark = new EngineBenchmark();
            benchmark.corpus = corpus;
            benchmark.chunkBytes = 65_536;
            benchmark.makeCorpus();
            assertThat(benchmark.feed()).as(corpus).isPositive();
        }
    }

    @Test
    void options_that_jmh_does_not_know_are_refused() {
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        assertThatThrownBy(() -> EngineBenchmarkRun.run("--no-such-option", out))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no-such-option");
    }
}
