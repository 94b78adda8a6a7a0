package dev.muster.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A benchmark's figures as a table for people and a last line {@code RESULT {json}} for programs. */
public record Report(String bench, boolean quick, List<Figure> figures) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public Report {
        figures = List.copyOf(figures);
    }

    public void print(PrintStream out) {
        int width = figures.stream().mapToInt(f -> f.name().length()).max().orElse(0);
        String row = "%-" + width + "s  %12s  %-12s  %12s  %8s  %10s  %s%n";
        out.printf(Locale.ROOT, row, "figure", "value", "unit", "baseline", "ratio", "bar", "");
        for (Figure f : figures) {
            out.printf(
                    Locale.ROOT,
                    row,
                    f.name(),
                    number(f.value()),
                    f.unit(),
                    number(f.baseline()),
                    number(f.ratio()),
                    number(f.bar()),
                    f.bar() == null ? "" : f.pass() ? "pass" : "MISSED");
        }
        out.println("RESULT " + json());
        out.flush();
    }

    private static String number(@Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.0f", value);
    }

    String json() {
        ObjectNode root = JSON.createObjectNode().put("bench", bench).put("quick", quick);
        ArrayNode all = root.putArray("figures");
        for (Figure f : figures) {
            all.addObject()
                    .put("name", f.name())
                    .put("value", f.value())
                    .put("unit", f.unit())
                    .put("baseline", f.baseline())
                    .put("ratio", f.ratio())
                    .put("bar", f.bar())
                    .put("pass", f.pass());
        }
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
        }
    }
}
