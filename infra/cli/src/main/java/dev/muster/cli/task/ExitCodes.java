package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.CliFailure;
import java.util.Optional;

/** The exit code of an ended task, for a shell: the command's own, or 128 plus its signal. */
public final class ExitCodes {
    private ExitCodes() {}

    /** An explanation of an end that the code alone does not give. */
    public static Optional<String> remark(JsonNode task) {
        String reason = task.path("reason").asText("");
        return switch (task.path("state").asText()) {
            case "TIMED_OUT" -> Optional.of("the command timed out" + because(reason));
            case "CANCELLED" -> Optional.of("the command was " + once("cancelled", reason));
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
        throw new CliFailure(
                switch (state) {
                    case "EXPIRED" -> "the command never ran; the node was not there in time" + because(reason);
                    case "LOST" ->
                        "the command's outcome is unknown" + because(reason).replace(": outcome unknown", "")
                                + "; it may have run, in part or whole, and is not started again: look at what it printed with"
                                + " `infra/muster history "
                                + task.path("nodeId").asText() + " --terminal "
                                + task.path("taskId").asText() + "`";
                    case "CANCELLED" -> "the command was " + cancelledBeforeItRan(reason);
                    case "TIMED_OUT" -> "the command timed out" + because(reason);
                    default -> "the command " + once("could not be started", reason);
                });
    }

    private static String because(String reason) {
        return reason.isEmpty() ? "" : ": " + reason;
    }

    /** Names the user who cancelled it, if the reason does. */
    private static String cancelledBeforeItRan(String reason) {
        if (reason.startsWith("cancelled by ")) {
            return "cancelled before it ran, " + reason.substring("cancelled ".length());
        }
        return reason.startsWith("cancelled ") || reason.startsWith("cancelled:")
                ? reason
                : "cancelled before it ran" + (reason.equals("cancelled") ? "" : because(reason));
    }

    /** The words and the reason. A reason that begins with the words says them itself. */
    private static String once(String words, String reason) {
        boolean said = reason.equals(words) || reason.startsWith(words + " ") || reason.startsWith(words + ":");
        return said ? reason : words + because(reason);
    }
}
