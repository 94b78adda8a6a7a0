package dev.muster.agent.task;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;

/** Runs commands as processes of this machine. */
final class ProcessRunner implements Runner {
    private final Launcher launcher;
    private final Clock clock;
    private final ScheduledExecutorService executor;
    private final Signals signals = new Signals();

    ProcessRunner(String nodeId, Clock clock, ScheduledExecutorService executor) {
        this.launcher = new Launcher(nodeId);
        this.clock = clock;
        this.executor = executor;
    }

    @Override
    public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
        Launcher.Launched launched = launcher.start(task);
        return new RunningTask(task, launched, output, signals, executor, clock, ended);
    }

    @Override
    public void end(ProcessStarted left) {
        ProcessHandle.of(left.getPid())
                .filter(handle -> startMillis(handle) == left.getStartMillis())
                .ifPresent(handle -> {
                    if (!signals.toGroup(handle.pid(), Signals.KILL)) {
                        handle.destroyForcibly();
                    }
                });
    }

    static long startMillis(ProcessHandle handle) {
        return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
}
