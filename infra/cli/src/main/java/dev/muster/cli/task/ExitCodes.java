package dev.muster.cli.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.CliFailure;

/** The exit code of a task that has ended, for a shell: the command's own, or 128 and its signal. */
public final class ExitCodes {
    private ExitCodes() {}

    /** @throws CliFailure where there is none: it never ran, or nobody knows how it ended */
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
                    case "LOST" -> "the command's outcome is unknown" + because.replace(": outcome unknown", "");
                    case "CANCELLED" -> "the command was cancelled before it ran" + because;
                    case "TIMED_OUT" -> "the command timed out" + because;
                    default -> "the command could not be started" + because;
                });
    }
}
