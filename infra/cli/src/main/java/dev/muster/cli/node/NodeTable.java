package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.Ago;
import dev.muster.cli.console.Table;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Nodes for people to read. */
final class NodeTable {
    private final boolean wide;
    private final Instant now;

    NodeTable(boolean wide, Clock clock) {
        this.wide = wide;
        this.now = clock.instant();
    }

    List<String> render(Iterable<JsonNode> nodes) {
        Table table = wide
                ? new Table(
                        "NAME", "STATUS", "SEEN", "CPU", "MEMORY", "LOAD", "TASKS", "OWNER", "HOST", "OS", "LABELS",
                        "NODE ID", "REASON")
                : new Table("NAME", "STATUS", "SEEN", "CPU", "MEMORY", "TASKS", "OWNER", "NODE ID");
        for (JsonNode node : nodes) {
            JsonNode vitals = node.path("vitals");
            String name = text(node, "name");
            String seen = Ago.of(text(node, "lastSeenAt"), now);
            String cpu = vitals.hasNonNull("cpuPercent")
                    ? String.format(
                            Locale.ROOT, "%.0f%%", vitals.path("cpuPercent").asDouble())
                    : "";
            String tasks = String.valueOf(node.path("runningTasks").asInt());
            if (wide) {
                table.row(
                        name,
                        text(node, "status"),
                        seen,
                        cpu,
                        memory(node),
                        load(vitals),
                        tasks,
                        text(node, "owner"),
                        text(node, "hostname"),
                        os(node),
                        labels(node),
                        text(node, "nodeId"),
                        text(node, "statusReason"));
            } else {
                table.row(
                        name,
                        text(node, "status"),
                        seen,
                        cpu,
                        memory(node),
                        tasks,
                        text(node, "owner"),
                        text(node, "nodeId"));
            }
        }
        return table.render();
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText("");
    }

    private static String memory(JsonNode node) {
        double used = node.path("vitals").path("memoryUsedBytes").asDouble();
        double total = node.path("memoryTotalBytes").asDouble();
        return total <= 0 || used <= 0
                ? ""
                : String.format(Locale.ROOT, "%.1f/%.1f GiB", used / (1L << 30), total / (1L << 30));
    }

    private static String load(JsonNode vitals) {
        return vitals.hasNonNull("load1")
                ? String.format(Locale.ROOT, "%.2f", vitals.path("load1").asDouble())
                : "";
    }

    private static String os(JsonNode node) {
        return (text(node, "os") + " " + text(node, "arch")).strip();
    }

    private static String labels(JsonNode node) {
        List<String> labels = new ArrayList<>();
        node.path("labels")
                .properties()
                .forEach(label ->
                        labels.add(label.getKey() + "=" + label.getValue().asText()));
        return String.join(",", labels);
    }
}
