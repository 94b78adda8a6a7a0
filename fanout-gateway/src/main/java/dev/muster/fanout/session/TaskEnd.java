package dev.muster.fanout.session;

import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whether a terminal whose output has no exit marker will print again. Pure. */
final class TaskEnd {
    /** After so long with its agent connected, what is not in the history of an ended task will not come. */
    private static final Duration SETTLED = Duration.ofSeconds(30);
    /** The same while its agent is away. */
    private static final Duration GIVEN_UP = Duration.ofDays(1);

    private TaskEnd() {}

    static boolean isFinal(TaskState state) {
        return switch (state) {
            case SUCCEEDED, FAILED, CANCELLED, TIMED_OUT, EXPIRED, LOST -> true;
            case QUEUED, DISPATCHED, RUNNING, TASK_STATE_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }

    /** Whether the task is over and what it printed is here up to its end, or will not come. */
    static boolean isReached(@Nullable Task task, Mark reached, NodeState node, long nowMillis) {
        if (task == null || !isFinal(task.getState())) {
            return false;
        }
        // of a lost task nobody may know how much it printed
        boolean counted = task.getState() != TaskState.LOST || task.getOutputBytes() > 0;
        if (task.getStartedAtMillis() == 0 || (counted && reached.getOffset() >= task.getOutputBytes())) {
            return true;
        }
        // an agent that was away tells of the end before it brings the output
        boolean away = node.getSessionId().isEmpty();
        long since = Math.max(task.getEndedAtMillis(), away ? 0 : node.getConnectedSinceMillis());
        Duration wait = away && counted ? GIVEN_UP : SETTLED;
        return nowMillis - since > wait.toMillis();
    }

    /** The frame that says so, without its {@code ref}: how the process ended, or where nobody knows of an end, what became of the task. */
    static byte[] frame(@Nullable Task task) {
        if (task == null) {
            return Frames.ended(null, null, null);
        }
        boolean exited = task.hasExitCode() || !task.getSignal().isEmpty() || task.getState() == TaskState.SUCCEEDED;
        return Frames.ended(
                task.hasExitCode() ? task.getExitCode() : null,
                task.getSignal(),
                exited ? null : task.getState().name());
    }
}
