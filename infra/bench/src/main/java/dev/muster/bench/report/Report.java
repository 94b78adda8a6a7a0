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
record Report(
        String bench, boolean quick, double loadShare, List<Calibration.Entry> calibration, List<Figure> figures) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public Report {
        calibration = List.copyOf(calibration);
        figures = List.copyOf(figures);
    }

    Report(String bench, boolean quick, Calibration calibration, List<Figure> figures) {
        this(bench, quick, calibration.loadShare(), calibration.entries(), figures);
    }

    /** Every figure was measured and reaches its bar, and there is at least one. */
    public boolean pass() {
        return !figures.isEmpty() && figures.stream().allMatch(Figure::pass);
    }

    public void print(PrintStream out) {
        for (Calibration.Entry entry : calibration) {
            out.println("calibration: " + entry.name() + ": " + number(entry.value()) + " " + entry.unit());
        }
        int width = figures.stream().mapToInt(f -> f.name().length()).max().orElse(6);
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
                    verdict(f));
        }
        if (loadShare < 1) {
            out.printf(
                    Locale.ROOT,
                    "The load was %.0f %% of the requested one, which is what this machine can do. Compare these figures"
                            + " with those of a run on the same machine only.%n",
                    100 * loadShare);
        }
        out.println("RESULT " + json());
        out.flush();
    }

    private static String verdict(Figure figure) {
        if (!figure.isMeasured()) {
            return "NOT MEASURED: " + figure.reason();
        }
        return figure.bar() == null ? "" : figure.pass() ? "pass" : "MISSED";
    }

    private static String number(@Nullable Double value) {
        return value == null ? "-" : Calibration.number(value);
    }

    String json() {
        ObjectNode root =
                JSON.createObjectNode().put("bench", bench).put("quick", quick).put("pass", pass());
        root.put("loadShare", loadShare);
        ArrayNode found = root.putArray("calibration");
        for (Calibration.Entry entry : calibration) {
            ObjectNode one = found.addObject().put("name", entry.name());
            one.put("value", Double.isFinite(entry.value()) ? (Double) entry.value() : null)
                    .put("unit", entry.unit());
        }
        ArrayNode all = root.putArray("figures");
        for (Figure f : figures) {
            ObjectNode one = all.addObject()
                    .put("name", f.name())
                    .put("value", f.value())
                    .put("unit", f.unit())
                    .put("baseline", f.baseline())
                    .put("ratio", f.ratio())
                    .put("bar", f.bar())
                    .put("pass", f.pass());
            if (f.reason() != null) {
                one.put("reason", f.reason());
            }
        }
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
        }
    }
}
