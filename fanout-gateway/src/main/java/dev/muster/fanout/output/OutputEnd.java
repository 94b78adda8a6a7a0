package dev.muster.fanout.output;

import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;

/** Whether the output of an ended task without an exit marker will go on. Pure. */
public final class OutputEnd {
    /** After this long with its agent connected, output of an ended task that is not in the history will not come. */
    private static final Duration SETTLED = Duration.ofSeconds(30);
    /** The same while the agent is away, or if the registry may be behind. */
    private static final Duration GIVEN_UP = Duration.ofDays(1);

    private OutputEnd() {}

    public static boolean isFinal(TaskState state) {
        return switch (state) {
            case SUCCEEDED, FAILED, CANCELLED, TIMED_OUT, EXPIRED, LOST -> true;
            case QUEUED, DISPATCHED, RUNNING, TASK_STATE_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }

    /** Whether it is known how much the task printed: for a lost task it may be unknown. */
    public static boolean isCounted(Task task) {
        return task.getState() != TaskState.LOST || task.getOutputBytes() > 0;
    }

    /** Whether the agent reported that it began: a task that never began prints nothing. */
    public static boolean hasBegun(Task task) {
        return task.getStartedAtLogMillis() != 0 || task.getStartedAtMillis() != 0;
    }

    /** When the registry learnt of the end: an agent's clock may be hours away from ours. */
    private static long endedAtMillis(Task task) {
        return task.getEndedAtLogMillis() == 0 ? task.getEndedAtMillis() : task.getEndedAtLogMillis();
    }

    /** Whether so much time has passed since the task ended that an agent would have brought the rest. */
    public static boolean isSettled(Task task, NodeState node, long nowMillis) {
        // an agent that was away tells of the end before it brings the output
        boolean away = node.getSessionId().isEmpty();
        long since = Math.max(endedAtMillis(task), away ? 0 : node.getConnectedSinceMillis());
        Duration wait = away && isCounted(task) ? GIVEN_UP : SETTLED;
        return nowMillis - since > wait.toMillis();
    }

    /**
     * Whether this many bytes are the whole output. The registry may be behind, so if more bytes are known to exist,
     * the wait is much longer.
     */
    public static boolean isReached(Task task, long size, NodeState node, long nowMillis) {
        if (!isFinal(task.getState())) {
            return false;
        }
        boolean whole = !isCounted(task) || size >= task.getOutputBytes();
        return whole ? isSettled(task, node, nowMillis) : nowMillis - endedAtMillis(task) > GIVEN_UP.toMillis();
    }

    /** Bytes that were printed, and are not among so many. */
    public static long missing(Task task, long size) {
        return isFinal(task.getState()) ? Math.max(0, task.getOutputBytes() - size) : 0;
    }
}
