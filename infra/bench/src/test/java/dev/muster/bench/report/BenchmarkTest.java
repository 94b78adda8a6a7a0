package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchmarkTest {
    private static final Owed P99 = Owed.lower("p99", "ms", 20.0);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void a_benchmark_that_measured_all_and_reaches_its_bars_ends_with_0() throws IOException, InterruptedException {
        assertThat(run((figures, calibration) -> {
                    figures.owe("output", List.of(P99));
                    figures.add(P99.measured(20, null));
                }))
                .isEqualTo(0);
        assertThat(result()).contains("\"pass\":true");
    }

    @Test
    void a_bar_that_is_missed_makes_it_1() throws IOException, InterruptedException {
        assertThat(run((figures, calibration) -> figures.add(P99.measured(21, null))))
                .isEqualTo(1);
    }

    @Test
    void a_wait_that_runs_out_makes_it_1_and_not_an_exception() throws IOException, InterruptedException {
        int code = run((figures, calibration) -> {
            figures.owe("output", List.of(P99));
            calibration.note("chunks offered", 300, "1/s");
            throw new WaitRanOut("waited 120 s in vain for an attach");
        });

        assertThat(code).isEqualTo(1);
        assertThat(result())
                .contains(
                        "\"calibration\":[{\"name\":\"chunks offered\"",
                        "\"pass\":false,\"reason\":\"waited 120 s in vain for an attach\"");
    }

    @Test
    void a_fault_is_passed_on_after_the_report() {
        assertThatThrownBy(() -> run((figures, calibration) -> {
                    figures.owe("output", List.of(P99));
                    throw new IllegalStateException("a line was wrong");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(result()).contains("\"pass\":false,\"reason\":\"a fault ended the benchmark:");
    }

    private int run(Benchmark.Body body) throws IOException, InterruptedException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return Benchmark.run(
                "latency", true, new PrintStream(out, true, StandardCharsets.UTF_8), new Progress(nowhere), body);
    }

    private String result() {
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).isNotEmpty();
        return lines.get(lines.size() - 1);
    }
}
