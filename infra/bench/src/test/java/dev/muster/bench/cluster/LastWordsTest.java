package dev.muster.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastWordsTest {
    @TempDir
    Path dir;

    private Path err;
    private LastWords.Source before;

    @BeforeEach
    void earlier() throws IOException {
        err = Files.writeString(dir.resolve("err"), "of an earlier run\n");
        before = LastWords.Source.from("standard error", err);
    }

    private Process shell(String script) throws IOException {
        return new ProcessBuilder("/bin/sh", "-c", script)
                .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()))
                .start();
    }

    private String first(Process process, boolean mayRun) throws IOException {
        LastWords.Source log = new LastWords.Source("its log", dir.resolve("none"), 0);
        return LastWords.of("it", process, Duration.ofMillis(612), mayRun, before, log)
                .lines()
                .findFirst()
                .orElseThrow();
    }

    @Test
    void the_first_line_says_how_it_ended_and_what_it_said_last() throws IOException {
        Process process =
                shell("echo first >&2; echo 'no more room' >&2; echo '  at a.B.c(D.java:1)' >&2; echo >&2; exit 3");
        assertThat(first(process, false))
                .isEqualTo(
                        "it ended with exit code 3 after 0.6 s; standard error says last: no more room; its log says nothing");
    }

    @Test
    void one_that_was_killed_has_the_code_of_the_signal_and_no_words_of_others() throws IOException {
        assertThat(first(shell("kill -9 $$"), false))
                .isEqualTo(
                        "it ended with exit code 137 after 0.6 s; standard error says nothing; its log says nothing");
    }

    @Test
    void one_that_still_runs_is_said_to() throws Exception {
        Process process = shell("echo waiting >&2; echo; exec sleep 60");
        try {
            assertThat(process.inputReader().readLine()).isEmpty();
            assertThat(first(process, true))
                    .startsWith("it is still running after 0.6 s; standard error says last: waiting;");
        } finally {
            process.destroyForcibly();
        }
    }
}
