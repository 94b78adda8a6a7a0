package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private static final Owed P50 = Owed.lower("p50", "ms", 10.0);
    private static final Owed P99 = Owed.lower("p99", "ms", 20.0);
    private static final Owed LOST = Owed.lower("lost", "lines", 0.0);

    private final Figures figures =
            new Figures(new Progress(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)));

    @Test
    void a_wait_that_runs_out_leaves_the_figures_of_its_part_unmeasured_and_the_rest_goes_on()
            throws IOException, InterruptedException {
        figures.owe("output", List.of(P50, P99));
        figures.owe("lines", List.of(LOST));

        boolean whole = figures.attempt("output", () -> {
            figures.add(P50.measured(5, null));
            throw new WaitRanOut("no line came for half a minute");
        });
        boolean rest = figures.attempt("lines", () -> figures.add(LOST.measured(0, null)));

        assertThat(whole).isFalse();
        assertThat(rest).isTrue();
        assertThat(figures.finish("it ended"))
                .containsExactly(
                        P50.measured(5, null),
                        P99.notMeasured("no line came for half a minute"),
                        LOST.measured(0, null));
    }

    @Test
    void a_wait_that_runs_out_on_another_thread_is_one_too() throws IOException, InterruptedException {
        figures.owe("output", List.of(P50));

        figures.attempt(
                "output",
                () -> CompletableFuture.runAsync(() -> {
                            throw new WaitRanOut("no answer\nand a log\nof many lines");
                        })
                        .join());

        assertThat(figures.finish("it ended")).containsExactly(P50.notMeasured("no answer"));
    }

    @Test
    void a_fault_is_passed_on() {
        assertThatThrownBy(() -> figures.attempt("output", () -> {
                    throw new IOException("the gateway is gone");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("the gateway is gone");
        assertThatThrownBy(() -> figures.attempt("output", () -> {
                    throw new CompletionException(new IllegalStateException("a wrong line"));
                }))
                .isInstanceOf(CompletionException.class);
    }

    @Test
    void what_was_promised_and_never_came_is_in_the_report() {
        figures.owe("output", List.of(P50, P99));
        figures.add(P99.measured(7, null));

        assertThat(figures.finish("it ended early"))
                .containsExactly(P99.measured(7, null), P50.notMeasured("it ended early"));
    }

    @Test
    void a_part_that_is_left_out_is_listed() {
        figures.owe("output", List.of(P50));
        figures.owe("lines", List.of(LOST));

        figures.leaveOut("output", "left out: the time is over");

        assertThat(figures.finish("it ended"))
                .containsExactly(P50.notMeasured("left out: the time is over"), LOST.notMeasured("it ended"))
                .noneMatch(Figure::pass);
    }
}
