package dev.muster.fanout.resources.history;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.output.ExitCode;
import dev.muster.kit.text.ShellWords;
import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How history looks: one terminal's lines as they are, several under a header line each; or as JSON. */
final class HistoryText {
    private static final Pattern UNPRINTABLE =
            Pattern.compile("[\\p{Cntrl}\\x80-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]+");

    private HistoryText() {}

    /**
     * @param request the query; a terminal in which a search found nothing is not named
     * @param nodeName goes into the headers
     */
    static String text(
            ReadHistoryRequest request, String nodeName, List<TerminalHistory> terminals, Map<String, Task> tasks) {
        boolean searched = !request.getGrep().isEmpty();
        BoundedText text = new BoundedText();
        for (TerminalHistory terminal : terminals) {
            if (terminals.size() == 1 || isNamed(terminal, searched)) {
                String header = terminals.size() == 1 ? "" : header(terminal, task(terminal, tasks), nodeName);
                text.add(new TerminalText(header, terminal, searched, request.hasAfter()));
            }
        }
        return text.within(request.getBytesMax());
    }

    private static boolean isNamed(TerminalHistory terminal, boolean searched) {
        return !searched || terminal.getLinesCount() > 0 || terminal.getMoreReason() == MoreReason.MORE_REASON_BUDGET;
    }

    // what the user typed is on one line here, whatever it contains
    private static String header(TerminalHistory terminal, Task task, String nodeName) {
        StringBuilder header = new StringBuilder("=== ").append(terminal.getTerminalId());
        @Nullable String state = state(task);
        if (state != null) {
            header.append(' ').append(state);
        }
        @Nullable Integer exitCode = exitCode(terminal, task);
        if (exitCode != null) {
            header.append(" exit ").append(exitCode);
        }
        long from = startedAt(terminal, task);
        long to = endedAt(terminal, task);
        @Nullable String started = Json.time(from);
        @Nullable String ended = Json.time(to);
        if (started != null) {
            header.append(' ').append(started);
        }
        if (ended != null) {
            header.append(" to ").append(ended);
        }
        if (started != null && ended != null && to >= from) {
            header.append(String.format(Locale.ROOT, " (%.1f s)", (to - from) / 1_000.0));
        }
        if (!nodeName.isEmpty()) {
            header.append(" on ").append(nodeName);
        }
        String command = task.getCommand().isEmpty() ? ShellWords.join(task.getArgvList()) : task.getCommand();
        if (!command.isEmpty()) {
            header.append(" $ ").append(command);
        }
        return UNPRINTABLE.matcher(header).replaceAll(" ");
    }

    private static @Nullable Integer exitCode(TerminalHistory terminal, Task task) {
        if (task.hasExitCode()) {
            return task.getExitCode();
        }
        return terminal.hasExit() ? ExitCode.of(terminal.getExit()) : null;
    }

    /** As text, but a terminal that was asked for by its id is there in any case. */
    static ObjectNode json(
            ReadHistoryRequest request, String nodeName, List<TerminalHistory> terminals, Map<String, Task> tasks) {
        boolean searched =
                !request.getGrep().isEmpty() && request.getTerminalId().isEmpty();
        ObjectNode json = Json.object();
        json.put("nodeId", request.getNodeId());
        json.put("node", nodeName);
        ArrayNode list = json.putArray("terminals");
        terminals.stream()
                .filter(terminal -> isNamed(terminal, searched))
                .forEach(terminal -> list.add(json(terminal, task(terminal, tasks))));
        return json;
    }

    private static ObjectNode json(TerminalHistory terminal, Task task) {
        ObjectNode json = Json.object();
        json.put("terminal", terminal.getTerminalId());
        json.put("command", task.getCommand().isEmpty() ? null : task.getCommand());
        if (task.getArgvCount() > 0) {
            json.set("argv", Json.texts(task.getArgvList()));
        }
        json.put("state", state(task));
        json.put("exitCode", exitCode(terminal, task));
        json.put("startedAt", Json.time(startedAt(terminal, task)));
        json.put("endedAt", Json.time(endedAt(terminal, task)));
        List<Line> lines = terminal.getLinesList();
        long first = lines.isEmpty() ? terminal.getNextLine() : lines.get(0).getNumber();
        json.put("firstLine", first);
        json.put("final", terminal.getFinal());
        json.put("nextLine", terminal.getNextLine());
        json.put("firstKept", terminal.getFirstKept());
        ArrayNode texts = json.putArray("lines");
        lines.forEach(line -> texts.add(line.getText()));
        if (!isContiguous(lines)) {
            ArrayNode numbers = json.putArray("numbers");
            lines.forEach(line -> numbers.add(line.getNumber()));
        }
        if (terminal.hasCutFrom() && terminal.hasCutTo()) {
            json.putObject("cut").put("from", terminal.getCutFrom()).put("to", terminal.getCutTo());
        }
        if (terminal.getMoreReason() != MoreReason.MORE_REASON_UNSPECIFIED) {
            ObjectNode more = json.putObject("more");
            if (terminal.hasMoreFrom()) {
                more.put("from", terminal.getMoreFrom()).put("to", terminal.getMoreTo());
            }
            more.put("reason", reason(terminal.getMoreReason()));
        }
        return json;
    }

    private static String reason(MoreReason reason) {
        return switch (reason) {
            case MORE_REASON_LINES -> "lines";
            case MORE_REASON_BYTES -> "bytes";
            case MORE_REASON_BUDGET -> "budget";
            case MORE_REASON_UNSPECIFIED, UNRECOGNIZED -> "other";
        };
    }

    private static boolean isContiguous(List<Line> lines) {
        return lines.isEmpty()
                || lines.get(lines.size() - 1).getNumber() - lines.get(0).getNumber() == lines.size() - 1;
    }

    private static Task task(TerminalHistory terminal, Map<String, Task> tasks) {
        return tasks.getOrDefault(terminal.getTerminalId(), Task.getDefaultInstance());
    }

    private static @Nullable String state(Task task) {
        return task.getState() == TaskState.TASK_STATE_UNSPECIFIED
                ? null
                : task.getState().name();
    }

    private static long endedAt(TerminalHistory terminal, Task task) {
        return task.getEndedAtMillis() != 0 ? task.getEndedAtMillis() : terminal.getEndedAtMillis();
    }

    private static long startedAt(TerminalHistory terminal, Task task) {
        return task.getStartedAtMillis() != 0 ? task.getStartedAtMillis() : terminal.getStartedAtMillis();
    }
}
