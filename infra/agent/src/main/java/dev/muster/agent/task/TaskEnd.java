package dev.muster.agent.task;

import java.util.EnumSet;
import java.util.Set;

/**
 * Decides when a task is over. The leader is the process that the agent started. Its group consists of the processes
 * that it started and that did not leave the group.
 *
 * <pre>
 *                RUNNING       STOPPING          KILLED            DRAINING   GIVING_UP  OVER
 * LEADER_GONE    DRAINING (1)  STOPPING          KILLED            -          -          -
 * READER_AT_END  RUNNING       STOPPING          KILLED            OVER       OVER       -
 * STOP           STOPPING      -                 -                 STOPPING   -          -
 * GROUP_GONE     -             GIVING_UP (1, 2)  GIVING_UP (1, 2)  -          -          -
 * KILL_DUE       -             KILLED            GIVING_UP (1)     -          -          -
 * QUIET          -             -                 -                 GIVING_UP  -          -
 * DRAIN_DUE      -             -                 -                 GIVING_UP  -          -
 * </pre>
 *
 * A dash: nothing changes; the event is late. (1) OVER if the reader is already at the end. (2) Only if the leader is
 * gone; otherwise the state stays. Entering STOPPING sends TERM, entering KILLED sends KILL. Entering GIVING_UP tells
 * the reader to stop after the output printed so far. Entering OVER ends the task. In OVER the command's own output is
 * complete, whichever way led there, unless the leader is still there.
 *
 * <p>A stopped task is not over before its group is gone. There is one exception: a process that is still there at the
 * second KILL_DUE, for instance one that waits for a disk that does not answer. It may be the leader; then its exit
 * status is unknown. So no task waits for such a process without a limit.
 *
 * <p>Not thread-safe.
 */
final class TaskEnd {
    /** The stages of a task. */
    enum State {
        /** The leader runs. */
        RUNNING,
        /** The group was asked to end. */
        STOPPING,
        /** The group was ended by force, and has not yet been seen to be gone. */
        KILLED,
        /** The leader has ended; the reader has not reached the end of the output. */
        DRAINING,
        /** The reader reads the output printed so far, and nothing later. */
        GIVING_UP,
        OVER
    }

    /** What happens. */
    enum Event {
        LEADER_GONE,
        /** All output was read, or the reader has given up on request. */
        READER_AT_END,
        /** The task was cancelled or is out of time, or the agent stops. */
        STOP,
        /** No process of the group is left. */
        GROUP_GONE,
        /** The group's time to end is over, or its time to be gone after KILL. */
        KILL_DUE,
        /** For a while since the leader's end there has been no output, though a process holds the output open. */
        QUIET,
        /** After the leader's end the output has been read for the longest permitted time. */
        DRAIN_DUE
    }

    /** The actions that a transition requires. */
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

    /** The actions that are due now, in this order. */
    Set<Action> on(Event event) {
        leaderGone |= event == Event.LEADER_GONE;
        readerAtEnd |= event == Event.READER_AT_END;
        State before = state;
        state = next(event);
        Set<Action> actions = EnumSet.noneOf(Action.class);
        if (state != before) {
            switch (state) {
                case STOPPING -> actions.add(Action.TERM);
                case GIVING_UP -> actions.add(Action.GIVE_UP);
                case KILLED -> actions.add(Action.KILL);
                case OVER -> actions.add(Action.END);
                case RUNNING, DRAINING -> {}
            }
        }
        return actions;
    }

    private State next(Event event) {
        return switch (event) {
            case LEADER_GONE ->
                switch (state) {
                    case RUNNING -> unlessRead(State.DRAINING);
                    case STOPPING, KILLED, DRAINING, GIVING_UP, OVER -> state;
                };
            case READER_AT_END -> state == State.DRAINING || state == State.GIVING_UP ? State.OVER : state;
            case STOP -> state == State.RUNNING || state == State.DRAINING ? State.STOPPING : state;
            case GROUP_GONE -> isStopped() && leaderGone ? unlessRead(State.GIVING_UP) : state;
            case KILL_DUE ->
                switch (state) {
                    case STOPPING -> State.KILLED;
                    case KILLED -> unlessRead(State.GIVING_UP);
                    case RUNNING, DRAINING, GIVING_UP, OVER -> state;
                };
            case QUIET, DRAIN_DUE -> state == State.DRAINING ? State.GIVING_UP : state;
        };
    }

    boolean isLeaderGone() {
        return leaderGone;
    }

    /** Whether its group is waited for. */
    boolean isStopped() {
        return state == State.STOPPING || state == State.KILLED;
    }

    private State unlessRead(State otherwise) {
        return readerAtEnd ? State.OVER : otherwise;
    }
}
