package dev.muster.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {

    @Test
    void the_last_line_is_the_result_for_programs() {
        Report report = new Report(
                "terminal",
                true,
                List.of(
                        Figure.higherIsBetter("speed", 500, "MB/s", 100.0, 400.0),
                        Figure.lowerIsBetter("latency", 70, "ms", null, 60.0),
                        Figure.lowerIsBetter("garbage", 1, "B/MB", null, null)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        report.print(new PrintStream(out, true, StandardCharsets.UTF_8));

        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(lines.get(1)).contains("500", "5.00", "pass");
        assertThat(lines.get(2)).endsWith("MISSED");
        assertThat(lines.get(4))
                .isEqualTo(
                        "RESULT {\"bench\":\"terminal\",\"quick\":true,\"figures\":["
                                + "{\"name\":\"speed\",\"value\":500.0,\"unit\":\"MB/s\",\"baseline\":100.0,\"ratio\":5.0,\"bar\":400.0,\"pass\":true},"
                                + "{\"name\":\"latency\",\"value\":70.0,\"unit\":\"ms\",\"baseline\":null,\"ratio\":null,\"bar\":60.0,\"pass\":false},"
                                + "{\"name\":\"garbage\",\"value\":1.0,\"unit\":\"B/MB\",\"baseline\":null,\"ratio\":null,\"bar\":null,\"pass\":true}]}");
    }
}
