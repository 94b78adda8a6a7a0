package dev.muster.agent.task;

import java.util.EnumSet;
import java.util.Set;

/**
 * Decides when a task is over. The leader is the process that the agent started; its group are the processes that it started and that did not leave.
 *
 * <pre>
 *                RUNNING       STOPPING            KILLED         DRAINING        GIVING_UP   OVER
 * LEADER_GONE    DRAINING (1)  STOPPING            GIVING_UP (1)  -               -           -
 * READER_AT_END  RUNNING       STOPPING            KILLED         OVER            OVER        -
 * STOP           STOPPING      -                   -              STOPPING        -           -
 * GROUP_GONE     -             GIVING_UP (1, 2)    -              -               -           -
 * KILL_DUE       -             GIVING_UP (1, 3)    -              -               -           -
 * QUIET          -             -                   -              GIVING_UP       -           -
 * DRAIN_DUE      -             -                   -              GIVING_UP       -           -
 * </pre>
 *
 * A dash: nothing changes; the event is late. (1) OVER where the reader is at the end already. (2) Only where the leader is gone. (3) KILLED where the
 * leader is not gone yet. Entering STOPPING sends TERM, KILL_DUE sends KILL, entering GIVING_UP tells the reader to stop behind what was printed by now, and
 * entering OVER ends the task. The command's own output is complete in OVER, whichever way led there.
 *
 * <p>Not thread-safe.
 */
final class TaskEnd {
    /** How far a task has come. */
    enum State {
        /** The leader runs. */
        RUNNING,
        /** The group was asked to end. */
        STOPPING,
        /** The group was ended by force, and the leader's end has not been seen yet. */
        KILLED,
        /** The leader has ended; the reader has not come to the end of the output. */
        DRAINING,
        /** The reader reads what was printed by now, and nothing later. */
        GIVING_UP,
        OVER
    }

    /** What happens. */
    enum Event {
        LEADER_GONE,
        /** All output was read, or the reader has given up as it was told. */
        READER_AT_END,
        /** Cancelled, out of time, or the agent stops. */
        STOP,
        /** No process of the group is left. */
        GROUP_GONE,
        /** The group has had its time to end. */
        KILL_DUE,
        /** There has been nothing to read for a while since the leader's end, though a process holds the output open. */
        QUIET,
        /** The output has been read for as long after the leader's end as it may be. */
        DRAIN_DUE
    }

    /** What is to be done. */
    enum Action {
        TERM,
        KILL,
        GIVE_UP,
        END
    }

    private State state = State.RUNNING;
    private boolean leaderGone;
    private boolean readerAtEnd;

    State state() {
        return state;
    }

    /** What is to be done now, in this order. */
    Set<Action> on(Event event) {
        leaderGone |= event == Event.LEADER_GONE;
        readerAtEnd |= event == Event.READER_AT_END;
        State before = state;
        state = next(event);
        Set<Action> actions = EnumSet.noneOf(Action.class);
        if (before == State.STOPPING && event == Event.KILL_DUE) {
            actions.add(Action.KILL);
        }
        if (state != before) {
            switch (state) {
                case STOPPING -> actions.add(Action.TERM);
                case GIVING_UP -> actions.add(Action.GIVE_UP);
                case OVER -> actions.add(Action.END);
                case RUNNING, KILLED, DRAINING -> {}
            }
        }
        return actions;
    }

    private State next(Event event) {
        return switch (event) {
            case LEADER_GONE ->
                switch (state) {
                    case RUNNING -> unlessRead(State.DRAINING);
                    case KILLED -> unlessRead(State.GIVING_UP);
                    case STOPPING, DRAINING, GIVING_UP, OVER -> state;
                };
            case READER_AT_END -> state == State.DRAINING || state == State.GIVING_UP ? State.OVER : state;
            case STOP -> state == State.RUNNING || state == State.DRAINING ? State.STOPPING : state;
            case GROUP_GONE -> state == State.STOPPING && leaderGone ? unlessRead(State.GIVING_UP) : state;
            case KILL_DUE -> state == State.STOPPING ? leaderGone ? unlessRead(State.GIVING_UP) : State.KILLED : state;
            case QUIET, DRAIN_DUE -> state == State.DRAINING ? State.GIVING_UP : state;
        };
    }

    private State unlessRead(State otherwise) {
        return readerAtEnd ? State.OVER : otherwise;
    }
}
