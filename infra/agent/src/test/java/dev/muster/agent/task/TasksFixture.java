package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.spool.Position;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tasks with a journal and a spool of their own, and what a gateway would do with them. */
abstract class TasksFixture {
    static final Duration LONG = Duration.ofSeconds(60);

    /** The end of a task comes by its own event, however slow the machine is. */
    static final TaskLimits PATIENT = new TaskLimits(60_000, 60_000, 5_000);
    /** A process that prints on is soon given up, and none that is slow to print. */
    static final TaskLimits PRINTS_ON = new TaskLimits(60_000, 2_000, 5_000);

    private static final SpoolLimits SPOOL = new SpoolLimits(1 << 20, Long.MAX_VALUE, false);
    private static final int KEPT_BYTES_MAX = 64 << 20;

    @TempDir
    Path dir;

    final Ids ids = new Ids();
    final ByteArrayOutputStream output = new ByteArrayOutputStream();
    final Disk disk = new Disk();
    volatile Runnable onEvent = () -> {};
    AllowedUsers users = AllowedUsers.OWN;
    long sequence;
    Journal journal;
    Spool spool;
    Tasks tasks;

    @BeforeEach
    void open() throws IOException {
        journal = new Journal(dir.resolve("journal"));
        spool = new Spool(dir.resolve("spool"), SPOOL);
        tasks = tasks(TaskLimits.defaults(), null);
    }

    Tasks tasks(TaskLimits limits, @Nullable Path cgroup) {
        return new Tasks("nd_test", limits, cgroup, users, journal, spool, disk, Clock.systemUTC(), this::event);
    }

    /** On the tasks' executor, as soon as the journal has it. */
    void event() {
        onEvent.run();
    }

    @AfterEach
    void close() throws IOException {
        tasks.close();
        spool.close();
        journal.close();
    }

    void restart(TaskLimits limits) throws IOException {
        restart(limits, SPOOL);
    }

    /** The spool too, as it makes nothing wait once its tasks were closed. */
    void restart(TaskLimits limits, SpoolLimits spoolLimits) throws IOException {
        tasks.close();
        spool.close();
        spool = new Spool(dir.resolve("spool"), spoolLimits);
        tasks = tasks(limits, null);
    }

    static void killGroupOf(String output) {
        new Child(groupOf(output)).signalGroup(Signals.KILL);
    }

    static int groupOf(String output) {
        return Integer.parseInt(output.replaceAll("(?s).*?([0-9]+) done.*", "$1"));
    }

    static ProcessRunner runner(ScheduledExecutorService executor, ThreadFactory threads) {
        return new ProcessRunner(
                new Launcher("nd_test", AllowedUsers.OWN),
                TaskLimits.defaults(),
                Cgroups.within(null),
                Clock.systemUTC(),
                executor,
                threads);
    }

    static Set<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    TaskEnded run(RunTask task) {
        tasks.run(task);
        return ended(task);
    }

    static RunTask.Builder withPty(RunTask.Builder task, boolean pty) {
        return pty ? task.setPty(size(80, 24)) : task;
    }

    /** A flood is to be discarded. */
    private void keep(OutputChunk chunk) {
        output.writeBytes(chunk.getData().toByteArray());
        assertThat(output.size()).as("bytes that a test keeps").isLessThan(KEPT_BYTES_MAX);
    }

    /** Acknowledges what there is and keeps none of it. */
    void discard() {
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            spool.ack(
                    chunk.getTerminalId(),
                    new Position(chunk.getOffset() + chunk.getData().size(), chunk.getMarkerNumber()),
                    false);
        }
    }

    void acknowledge() throws IOException {
        for (OutputChunk chunk = spool.poll(1 << 14); chunk != null; chunk = spool.poll(1 << 14)) {
            keep(chunk);
            spool.ack(
                    chunk.getTerminalId(),
                    new Position(chunk.getOffset() + chunk.getData().size(), chunk.getMarkerNumber()),
                    false);
        }
    }

    TaskEnded run(String command) throws IOException {
        return run(RunTask.newBuilder().setCommand(command));
    }

    TaskEnded run(RunTask.Builder builder) throws IOException {
        return run(task(builder));
    }

    RunTask task(RunTask.Builder builder) {
        return builder.setTaskId(ids.make(Ids.Kind.TASK, 1))
                .setSequence(++sequence)
                .build();
    }

    TaskEnded ended(RunTask task) {
        await().atMost(LONG).until(() -> {
            boolean isOver = endOf(task).isPresent();
            // all of the output is there before the end
            drain();
            return isOver;
        });
        return endOf(task).orElseThrow();
    }

    Optional<TaskEnded> endOf(RunTask task) {
        List<TaskEvent> events = journal.unacknowledged();
        return events.stream()
                .filter(event -> event.getTaskId().equals(task.getTaskId()) && event.hasEnded())
                .map(TaskEvent::getEnded)
                .findFirst();
    }

    String text() throws IOException {
        return drain();
    }

    String drain() throws IOException {
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            keep(chunk);
        }
        return output.toString(StandardCharsets.UTF_8);
    }

    static WindowSize size(int cols, int rows) {
        return WindowSize.newBuilder().setCols(cols).setRows(rows).build();
    }
}
