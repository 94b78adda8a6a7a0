package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tests' own helper: the first line of a failure alone gives the reason. */
class ProductTest {
    @Test
    void the_first_line_of_a_start_that_failed_says_how_it_ended_and_what_it_said_last(@TempDir Path dir) {
        Throwable failure = catchThrowable(() -> Product.start(dir.resolve("data"), 0, "-Xmx1k"));
        assertThat(String.valueOf(failure.getMessage()).lines().findFirst().orElseThrow())
                .startsWith("up ended with exit code 1 after ")
                .contains("standard error says last: ", "heap")
                .endsWith("; its log says nothing");
    }
}
