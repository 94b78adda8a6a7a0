package dev.muster.registry.group;

import static dev.muster.proto.records.v1.TaskGroupState.GROUP_CANCELLED;
import static dev.muster.proto.records.v1.TaskGroupState.GROUP_CANCELLING;
import static dev.muster.proto.records.v1.TaskGroupState.GROUP_FAILED;
import static dev.muster.proto.records.v1.TaskGroupState.GROUP_FAILING;
import static dev.muster.proto.records.v1.TaskGroupState.GROUP_RUNNING;
import static dev.muster.proto.records.v1.TaskGroupState.GROUP_SUCCEEDED;

import dev.muster.proto.records.v1.TaskGroupState;
import java.util.Optional;

/**
 * What a group's state becomes after each event.
 *
 * <pre>
 *             RUNNING      FAILING      CANCELLING   the others
 * TOO_MANY    FAILING      -            -            -
 * CANCEL      CANCELLING   CANCELLING   -            -
 * ALL_WELL    SUCCEEDED    -            CANCELLED    -
 * ALL_ENDED   FAILED       FAILED       CANCELLED    -
 * </pre>
 *
 * A dash: nothing changes. ALL_WELL and ALL_ENDED: nothing that was begun is still open, and nothing more will begin.
 */
public final class GroupTransitions {
    private GroupTransitions() {}

    /** What happens to a group. */
    public enum Event {
        /** More nodes failed than may. */
        TOO_MANY,
        CANCEL,
        /** All have ended, with success. */
        ALL_WELL,
        /** All have ended, some without success. */
        ALL_ENDED
    }

    public static Optional<TaskGroupState> next(TaskGroupState now, Event event) {
        if (isEnded(now)) {
            return Optional.empty();
        }
        boolean running = now == GROUP_RUNNING;
        boolean cancelling = now == GROUP_CANCELLING;
        return Optional.ofNullable(
                switch (event) {
                    case TOO_MANY -> running ? GROUP_FAILING : null;
                    case CANCEL -> cancelling ? null : GROUP_CANCELLING;
                    case ALL_WELL -> running ? GROUP_SUCCEEDED : cancelling ? GROUP_CANCELLED : null;
                    case ALL_ENDED -> cancelling ? GROUP_CANCELLED : GROUP_FAILED;
                });
    }

    public static boolean isEnded(TaskGroupState state) {
        return state != GROUP_RUNNING && state != GROUP_FAILING && state != GROUP_CANCELLING;
    }
}
