package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskRejected;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

/** Runs commands as processes of this machine. */
final class ProcessRunner implements Runner {
    private final Launcher launcher;
    private final TaskLimits limits;
    private final Cgroups cgroups;
    private final Clock clock;
    private final ScheduledExecutorService executor;
    private final ThreadFactory threads;

    ProcessRunner(
            Launcher launcher, TaskLimits limits, Cgroups cgroups, Clock clock, ScheduledExecutorService executor) {
        this(launcher, limits, cgroups, clock, executor, Thread::new);
    }

    /** @param threads makes those that wait for a process and its output */
    ProcessRunner(
            Launcher launcher,
            TaskLimits limits,
            Cgroups cgroups,
            Clock clock,
            ScheduledExecutorService executor,
            ThreadFactory threads) {
        this.launcher = launcher;
        this.threads = threads;
        this.limits = limits;
        this.cgroups = cgroups;
        this.clock = clock;
        this.executor = executor;
    }

    @Override
    public Optional<TaskRejected> refusal(RunTask task) {
        try {
            launcher.check(task);
            return Optional.empty();
        } catch (RefusedException e) {
            return Optional.of(TaskRejected.newBuilder()
                    .setCode(e.code().code())
                    .setDetail(e.getMessage())
                    .build());
        }
    }

    @Override
    public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
        Launcher.Launched launched = launcher.start(task);
        try {
            ProcessFamily family = new LaunchedFamily(launched.child(), task.getTaskId(), cgroups);
            return new RunningTask(task, family, launched.output(), output, limits, executor, threads, clock, ended);
        } catch (RuntimeException | Error e) {
            launched.child().signalGroup(Signals.KILL);
            launched.output().close();
            new Reaper(executor).reap(launched.child());
            throw e;
        }
    }

    @Override
    public void end(ProcessStarted left) {
        if (ProcessIdentity.isThere(left)) {
            new Child((int) left.getPid()).signalGroup(Signals.KILL);
        }
        cgroups.end(left.getTaskId());
    }
}
