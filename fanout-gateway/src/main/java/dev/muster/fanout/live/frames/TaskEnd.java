package dev.muster.fanout.live.frames;

import dev.muster.fanout.output.OutputEnd;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import org.jspecify.annotations.Nullable;

/** Whether a terminal whose output has no exit marker will print again. Pure. */
public final class TaskEnd {
    private TaskEnd() {}

    /** Whether the task is over and all of its output is here, or the rest will not come. */
    public static boolean isReached(@Nullable Task task, Mark reached, NodeState node, long nowMillis) {
        if (task == null || !OutputEnd.isFinal(task.getState())) {
            return false;
        }
        boolean whole = OutputEnd.isCounted(task) && reached.getOffset() >= task.getOutputBytes();
        return !OutputEnd.hasBegun(task) || whole || OutputEnd.isSettled(task, node, nowMillis);
    }

    /**
     * The frame that reports the end, without its {@code ref}: how the process ended or, if that is unknown, the state
     * of the task.
     */
    public static byte[] frame(@Nullable Task task) {
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
