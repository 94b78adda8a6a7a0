package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void the_last_line_is_the_result_for_programs() {
        List<String> lines = print(new Report(
                "terminal",
                true,
                1,
                List.of(new Calibration.Entry("load", 400, "1/s")),
                List.of(
                        Figure.higherIsBetter("speed", 500, "MB/s", 100.0, 400.0),
                        Figure.lowerIsBetter("latency", 70, "ms", null, 60.0),
                        Figure.lowerIsBetter("garbage", 1, "B/MB", null, null))));

        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).isEqualTo("calibration: load: 400 1/s");
        assertThat(lines.get(2)).contains("500", "5.00", "pass");
        assertThat(lines.get(3)).endsWith("MISSED");
        assertThat(lines.get(5))
                .isEqualTo(
                        "RESULT {\"bench\":\"terminal\",\"quick\":true,\"pass\":false,\"loadShare\":1.0,"
                                + "\"calibration\":[{\"name\":\"load\",\"value\":400.0,\"unit\":\"1/s\"}],\"figures\":["
                                + "{\"name\":\"speed\",\"value\":500.0,\"unit\":\"MB/s\",\"baseline\":100.0,\"ratio\":5.0,\"bar\":400.0,\"pass\":true},"
                                + "{\"name\":\"latency\",\"value\":70.0,\"unit\":\"ms\",\"baseline\":null,\"ratio\":null,\"bar\":60.0,\"pass\":false},"
                                + "{\"name\":\"garbage\",\"value\":1.0,\"unit\":\"B/MB\",\"baseline\":null,\"ratio\":null,\"bar\":null,\"pass\":true}]}");
    }

    @Test
    void a_figure_that_was_not_measured_does_not_pass_and_says_why() {
        Report report = new Report(
                "latency",
                false,
                1,
                List.of(),
                List.of(Owed.lower("p99", "ms", 200.0).notMeasured("nothing was shown")));

        List<String> lines = print(report);

        assertThat(report.pass()).isFalse();
        assertThat(lines.get(1)).endsWith("NOT MEASURED: nothing was shown");
        assertThat(lines.get(2))
                .contains("\"value\":null", "\"bar\":200.0", "\"pass\":false,\"reason\":\"nothing was shown\"");
    }

    @Test
    void a_report_without_figures_does_not_pass() {
        assertThat(new Report("recovery", true, 1, List.of(), List.of()).pass()).isFalse();
    }

    @Test
    void a_report_passes_when_each_figure_does() {
        Report report = new Report(
                "memory",
                true,
                1,
                List.of(),
                List.of(
                        Figure.lowerIsBetter("heap", 20, "KiB", null, 20.0),
                        Figure.lowerIsBetter("resident", 90, "KiB", null, null)));

        assertThat(report.pass()).isTrue();
    }

    private List<String> print(Report report) {
        report.print(new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void less_load_than_was_requested_is_told_to_people_and_programs() throws Exception {
        Calibration calibration = new Calibration(new Progress(new PrintStream(OutputStream.nullOutputStream())));
        calibration.load("chunks", "1/s", 1_000, 1_500, 0.3);
        calibration.load("agents", "", 100, 1_000, 1);

        List<String> lines = print(new Report("latency", false, calibration, List.of()));

        assertThat(lines).anyMatch(line -> line.startsWith("The load was 45 % of the requested one"));
        assertThat(lines.get(lines.size() - 1)).contains("\"loadShare\":0.45");
    }
}
