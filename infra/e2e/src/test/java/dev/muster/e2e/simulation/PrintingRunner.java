package dev.muster.e2e.simulation;

import dev.muster.agent.spool.TerminalSpool;
import dev.muster.agent.task.ExitStatus;
import dev.muster.agent.task.Runner;
import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Commands that print numbered lines in odd portions, and end by themselves. */
final class PrintingRunner implements Runner {
    private final World world;
    private final String nodeId;
    private final ScheduledExecutorService executor;
    private final long heldBytesMax;

    /** @param heldBytesMax a command does not print on while its terminal holds as much, as its pipe is full then */
    PrintingRunner(World world, String nodeId, ScheduledExecutorService executor, long heldBytesMax) {
        this.world = world;
        this.nodeId = nodeId;
        this.executor = executor;
        this.heldBytesMax = heldBytesMax;
    }

    @Override
    public Optional<TaskRejected> refusal(RunTask task) {
        return Optional.empty();
    }

    @Override
    public Running start(RunTask task, TerminalSpool output, Ended ended) throws IOException {
        if (world.mishap(25)) {
            throw new ProcessExecutor.Killed();
        }
        if (world.chance.oneIn(30)) {
            throw new IOException("no such command");
        }
        world.note("command " + task.getTaskId() + " starts");
        world.ledger.executed(task.getTaskId(), nodeId);
        if (world.mishap(25)) {
            throw new ProcessExecutor.Killed();
        }
        return new Printing(task, output, ended);
    }

    @Override
    public void end(ProcessStarted left) {
        // output that no agent reads is not in the ledger, so there is nothing to end
    }

    private final class Printing implements Running {
        private final RunTask task;
        private final TerminalSpool output;
        private final Ended ended;
        private int linesLeft = world.chance.between(0, 120);
        private int number;
        private String text = "";
        private boolean over;

        private Printing(RunTask task, TerminalSpool output, Ended ended) {
            this.task = task;
            this.output = output;
            this.ended = ended;
        }

        @Override
        public RunTask task() {
            return task;
        }

        @Override
        public TerminalSpool spool() {
            return output;
        }

        @Override
        public ProcessStarted process() {
            return ProcessStarted.newBuilder()
                    .setTaskId(task.getTaskId())
                    .setPid(1)
                    .build();
        }

        @Override
        public void begin() {
            later();
        }

        private void later() {
            int millis = world.chance.oneIn(10) ? world.chance.between(200, 3_000) : world.chance.between(1, 80);
            var unused = executor.schedule(this::print, millis, TimeUnit.MILLISECONDS);
        }

        private void print() {
            if (over) {
                return;
            }
            if (world.ledger.heldBytes(task.getTaskId()) > heldBytesMax) {
                later();
                return;
            }
            while (linesLeft > 0 && text.length() < 4_000 && (text.isEmpty() || world.chance.oneIn(3))) {
                linesLeft--;
                text += "%s line %06d %s%s\n"
                        .formatted(
                                task.getTaskId().substring(20),
                                number++,
                                "x"
                                        .repeat(
                                                world.chance.oneIn(20)
                                                        ? world.chance.between(100, 700)
                                                        : world.chance.between(1, 40)),
                                task.hasPty() ? "\r" : "");
            }
            if (text.isEmpty()) {
                end(new ExitStatus(world.chance.oneIn(5) ? 1 : 0, ""), TaskEndCause.TASK_END_CAUSE_EXITED, "");
                return;
            }
            int count = world.chance.between(1, text.length());
            append(text.substring(0, count).getBytes(StandardCharsets.US_ASCII));
            text = text.substring(count);
            later();
        }

        private void append(byte[] bytes) {
            try {
                output.append(bytes, bytes.length, world.time.wallMillis());
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            world.ledger.printed(task.getTaskId(), bytes);
        }

        private void end(ExitStatus status, TaskEndCause cause, String detail) {
            over = true;
            world.note("command " + task.getTaskId() + " ends: " + status.code());
            ended.ended(this, status, cause, detail);
        }

        @Override
        public void stop(TaskEndCause why, String because) {
            if (!over) {
                var unused = executor.schedule(
                        () -> {
                            if (!over) {
                                end(new ExitStatus(143, "TERM"), why, because);
                            }
                        },
                        world.chance.between(0, 2_000),
                        TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public boolean input(byte[] bytes) {
            return false;
        }

        @Override
        public void resize(WindowSize size) {
            // prints alike in any window
        }
    }
}
