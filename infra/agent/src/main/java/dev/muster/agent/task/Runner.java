package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.util.Optional;

/** Starts commands. All calls run on the tasks' executor. */
public interface Runner {
    /** Told once, on the tasks' executor, when a command has ended and its output is in the spool. */
    interface Ended {
        void ended(Running task, ExitStatus status, TaskEndCause cause, String detail);
    }

    /** A started command. */
    interface Running {
        RunTask task();

        TerminalSpool spool();

        /** Tells its process from others, also after a restart of the agent. */
        ProcessStarted process();

        /** Starts the flow of its output and its time limit. If it throws, nothing of the command is left. */
        void begin();

        /** Asks it to end, and ends it by force a while later. */
        void stop(TaskEndCause why, String because);

        /** False if it takes no input now. */
        boolean input(byte[] bytes);

        void resize(WindowSize size) throws IOException;
    }

    /** Why the agent does not run the task at all; empty if it does. */
    Optional<TaskRejected> refusal(RunTask task);

    /** @throws IOException if it cannot be started; the message tells a person why */
    Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException;

    /** Ends by force a process that an earlier process of the agent started, if it still runs. */
    void end(ProcessStarted left);
}
