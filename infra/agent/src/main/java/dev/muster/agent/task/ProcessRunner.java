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
    private final Cgroups cgroups;
    private final Clock clock;
    private final ScheduledExecutorService executor;

    ProcessRunner(String nodeId, TaskLimits limits, Cgroups cgroups, Clock clock, ScheduledExecutorService executor) {
        this.launcher = new Launcher(nodeId);
        this.limits = limits;
        this.cgroups = cgroups;
        this.clock = clock;
        this.executor = executor;
    }

    @Override
    public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
        Launcher.Launched launched = launcher.start(task);
        ProcessFamily family = new ProcessFamily(launched.child(), task.getTaskId(), cgroups);
        return new RunningTask(task, family, launched.output(), output, limits, executor, clock, ended);
    }

    @Override
    public void end(ProcessStarted left) {
        if (ProcessIdentity.isThere(left)) {
            new Child((int) left.getPid()).signalGroup(Signals.KILL);
        }
        cgroups.end(left.getTaskId());
    }
}
