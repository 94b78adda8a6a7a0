package dev.muster.registry.task;

import static dev.muster.proto.records.v1.TaskState.CANCELLED;
import static dev.muster.proto.records.v1.TaskState.DISPATCHED;
import static dev.muster.proto.records.v1.TaskState.EXPIRED;
import static dev.muster.proto.records.v1.TaskState.FAILED;
import static dev.muster.proto.records.v1.TaskState.LOST;
import static dev.muster.proto.records.v1.TaskState.QUEUED;
import static dev.muster.proto.records.v1.TaskState.RUNNING;
import static dev.muster.proto.records.v1.TaskState.SUCCEEDED;
import static dev.muster.proto.records.v1.TaskState.TIMED_OUT;

import dev.muster.proto.records.v1.TaskState;
import java.util.Optional;

/**
 * What a task's state becomes after each event.
 *
 * <pre>
 *                QUEUED      DISPATCHED  RUNNING    the others
 * DISPATCH       DISPATCHED  -           -          -
 * STARTED        -           RUNNING     -          -
 * EXIT_ZERO      -           SUCCEEDED   SUCCEEDED  -
 * EXIT_NONZERO   -           FAILED      FAILED     -
 * START_FAILED   -           FAILED      FAILED     -
 * REJECTED       -           FAILED      FAILED     -
 * UNSUPPORTED    FAILED      FAILED      -          -
 * KILLED         -           CANCELLED   CANCELLED  -
 * TIMED_OUT      -           TIMED_OUT   TIMED_OUT  -
 * LOSE           -           LOST        LOST       -
 * WITHDRAW       CANCELLED   CANCELLED   -          -
 * EXPIRE         EXPIRED     -           -          -
 * ABANDON        CANCELLED   CANCELLED   CANCELLED  -
 * </pre>
 *
 * A dash: nothing changes. The event is late or repeated, which agents that resend make normal. An end is final.
 */
public final class TaskTransitions {
    private TaskTransitions() {}

    /** What happens to a task. */
    public enum Event {
        /** Sent to a session. */
        DISPATCH,
        STARTED,
        EXIT_ZERO,
        EXIT_NONZERO,
        START_FAILED,
        /** The agent would not run it. */
        REJECTED,
        /** The agent is of a release that cannot run it as it was asked for; it is not sent there. */
        UNSUPPORTED,
        /** The agent ended it because it was told to. */
        KILLED,
        TIMED_OUT,
        /** The agent came back without it, or as another instance. */
        LOSE,
        /** Cancelled before the agent had it. */
        WITHDRAW,
        /** Its time to live passed before dispatch. */
        EXPIRE,
        /** Its node was deleted. */
        ABANDON
    }

    public static Optional<TaskState> next(TaskState now, Event event) {
        if (isEnded(now)) {
            return Optional.empty();
        }
        boolean queued = now == QUEUED;
        return switch (event) {
            case DISPATCH -> when(queued, DISPATCHED);
            case STARTED -> when(now == DISPATCHED, RUNNING);
            case EXIT_ZERO -> when(!queued, SUCCEEDED);
            case EXIT_NONZERO, START_FAILED, REJECTED -> when(!queued, FAILED);
            case UNSUPPORTED -> when(now != RUNNING, FAILED);
            case KILLED -> when(!queued, CANCELLED);
            case TIMED_OUT -> when(!queued, TIMED_OUT);
            case LOSE -> when(!queued, LOST);
            case WITHDRAW -> when(now != RUNNING, CANCELLED);
            case EXPIRE -> when(queued, EXPIRED);
            case ABANDON -> Optional.of(CANCELLED);
        };
    }

    public static boolean isEnded(TaskState state) {
        return state != QUEUED && state != DISPATCHED && state != RUNNING;
    }

    private static Optional<TaskState> when(boolean applies, TaskState next) {
        return applies ? Optional.of(next) : Optional.empty();
    }
}
