package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;

/** Runs commands as processes of this machine. */
final class ProcessRunner implements Runner {
    private final Launcher launcher;
    private final TaskLimits limits;
    private final Clock clock;
    private final ScheduledExecutorService executor;

    ProcessRunner(String nodeId, TaskLimits limits, Clock clock, ScheduledExecutorService executor) {
        this.launcher = new Launcher(nodeId);
        this.limits = limits;
        this.clock = clock;
        this.executor = executor;
    }

    @Override
    public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
        return new RunningTask(task, launcher.start(task), output, limits, executor, clock, ended);
    }

    @Override
    public void end(ProcessStarted left) {
        if (ProcessIdentity.isThere(left)) {
            new Child((int) left.getPid()).signalGroup(Signals.KILL);
        }
    }
}
