package dev.muster.fanout.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.fanout.output.ExitCode;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How history looks: one terminal's lines as they are, several under a header line each; or as JSON. */
final class HistoryText {
    private HistoryText() {}

    /**
     * @param searched whether only lines that match were asked for: then a terminal without any is not named
     * @param bytesMax bytes of all of it; 0: no bound
     */
    static String text(List<TerminalHistory> terminals, Map<String, Task> tasks, boolean searched, long bytesMax) {
        BoundedText text = new BoundedText();
        for (TerminalHistory terminal : terminals) {
            if (terminals.size() > 1 && !(searched && terminal.getLinesCount() == 0)) {
                text.header(header(terminal, task(terminal, tasks)));
            }
            addLines(text, terminal);
        }
        return text.within(bytesMax);
    }

    private static void addLines(BoundedText text, TerminalHistory terminal) {
        boolean cut = terminal.hasCutFrom() && terminal.hasCutTo();
        for (Line line : terminal.getLinesList()) {
            if (cut && Long.compareUnsigned(line.getNumber(), terminal.getCutTo()) >= 0) {
                text.leftOut(terminal.getCutTo() - terminal.getCutFrom());
                cut = false;
            }
            text.line(line.getText());
        }
        if (cut) {
            text.leftOut(terminal.getCutTo() - terminal.getCutFrom());
        }
    }

    // what the user typed is on one line here, whatever it contains
    private static String header(TerminalHistory terminal, Task task) {
        StringBuilder header = new StringBuilder("=== ").append(terminal.getTerminalId());
        @Nullable String state = state(task);
        if (state != null) {
            header.append(' ').append(state);
        }
        @Nullable Integer exitCode = exitCode(terminal, task);
        if (exitCode != null) {
            header.append(" exit ").append(exitCode);
        }
        @Nullable String started = Json.time(startedAt(terminal, task));
        if (started != null) {
            header.append(' ').append(started);
        }
        String command = task.getCommand().isEmpty() ? ShellWords.join(task.getArgvList()) : task.getCommand();
        if (!command.isEmpty()) {
            header.append(" $ ").append(command.replaceAll("\\p{Cntrl}+", " "));
        }
        return header.toString();
    }

    private static @Nullable Integer exitCode(TerminalHistory terminal, Task task) {
        if (task.hasExitCode()) {
            return task.getExitCode();
        }
        return terminal.hasExit() ? ExitCode.of(terminal.getExit()) : null;
    }

    /** @param searched as for text; of recent terminals, not of one that was named */
    static ObjectNode json(List<TerminalHistory> terminals, Map<String, Task> tasks, boolean searched) {
        ObjectNode json = Json.object();
        ArrayNode list = json.putArray("terminals");
        terminals.stream()
                .filter(terminal -> !searched || terminal.getLinesCount() > 0)
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
        return json;
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

    private static long startedAt(TerminalHistory terminal, Task task) {
        return task.getStartedAtMillis() != 0 ? task.getStartedAtMillis() : terminal.getStartedAtMillis();
    }
}
