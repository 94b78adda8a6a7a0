package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.CliFailure;
import java.util.Optional;

/** The exit code of an ended task, for a shell: the command's own, or 128 plus its signal. */
public final class ExitCodes {
    private ExitCodes() {}

    /** An explanation of an end that the code alone does not give. */
    public static Optional<String> remark(JsonNode task) {
        String because = task.path("reason").asText("").isEmpty()
                ? ""
                : ": " + task.path("reason").asText();
        return switch (task.path("state").asText()) {
            case "TIMED_OUT" -> Optional.of("the command timed out" + because);
            case "CANCELLED" -> Optional.of("the command was cancelled" + because);
            default -> Optional.empty();
        };
    }

    /** @throws CliFailure if there is no exit code: the task never ran, or how it ended is unknown */
    public static int of(JsonNode task) {
        String state = task.path("state").asText();
        String reason = task.path("reason").asText("");
        if (task.hasNonNull("exitCode") && !state.equals("LOST") && !state.equals("EXPIRED")) {
            return task.path("exitCode").asInt();
        }
        String because = reason.isEmpty() ? "" : ": " + reason;
        throw new CliFailure(
                switch (state) {
                    case "EXPIRED" -> "the command never ran; the node was not there in time" + because;
                    case "LOST" ->
                        "the command's outcome is unknown" + because.replace(": outcome unknown", "")
                                + "; it may have run, in part or whole, and is not started again: look at what it printed with"
                                + " `infra/muster history "
                                + task.path("nodeId").asText() + " --terminal "
                                + task.path("taskId").asText() + "`";
                    case "CANCELLED" -> "the command was cancelled before it ran" + because;
                    case "TIMED_OUT" -> "the command timed out" + because;
                    default -> "the command could not be started" + because;
                });
    }
}
