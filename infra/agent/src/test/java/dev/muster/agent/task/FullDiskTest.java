package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.SmallDisk;
import dev.muster.agent.disk.Disk;
import dev.muster.agent.spool.Position;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FullDiskTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final SpoolLimits SPOOL = new SpoolLimits(64 << 20, Long.MAX_VALUE, false);

    @TempDir
    Path dir;

    private final Ids ids = new Ids();
    private final Disk disk = new Disk();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private boolean acknowledges = true;
    private long sequence;
    private SmallDisk small;
    private Journal journal;
    private Spool spool;
    private Tasks tasks;

    @BeforeEach
    void open() throws Exception {
        small = SmallDisk.mount(dir.resolve("small"), 6 << 10);
        start();
    }

    private void start() throws IOException {
        journal = new Journal(small.dir().resolve("journal"), disk);
        spool = new Spool(small.dir().resolve("spool"), SPOOL, disk);
        tasks = tasks(TaskLimits.defaults());
    }

    private Tasks tasks(TaskLimits limits) {
        return new Tasks("nd_test", limits, null, AllowedUsers.OWN, journal, spool, disk, Clock.systemUTC(), () -> {});
    }

    @AfterEach
    void close() throws Exception {
        if (small == null) {
            return;
        }
        if (tasks != null) {
            stop();
        }
        small.close();
    }

    private void stop() throws IOException {
        tasks.close();
        spool.close();
        journal.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_running_command_waits_for_room_and_loses_nothing(boolean pty) throws Exception {
        RunTask.Builder task = RunTask.newBuilder()
                .setCommand("i=0; while [ $i -lt 3000 ]; do echo \"line $i of what must not be lost in any way ......"
                        + "......................................\"; i=$((i+1)); [ $i = 10 ] && read x < " + fifo()
                        + "; done; exit 3");
        if (pty) {
            task.setPty(WindowSize.newBuilder().setCols(200).setRows(50));
        }
        RunTask sent = task(task);
        tasks.run(sent);
        await().atMost(LONG).until(() -> drain().contains("line 9 of"));
        small.fill(20_000);
        Files.writeString(fifo(), "\n");
        await().atMost(LONG).until(() -> disk.problem().equals("the agent's disk is full"));
        assertThat(tasks.runningIds()).containsExactly(sent.getTaskId());

        small.makeRoom();

        TaskEnded ended = ended(sent);
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(ended.getSignal()).isEmpty();
        assertThat(drain().lines().map(line -> line.replaceAll("^line (\\d+) .*", "$1")))
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 3_000)
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(ended.getOutputBytes()).isEqualTo(output.size());
        await().atMost(LONG).until(() -> disk.problem().isEmpty());
    }

    @Test
    void output_that_is_acknowledged_makes_room_for_more() throws Exception {
        RunTask one = task(RunTask.newBuilder().setCommand("head -c 20000000 /dev/zero | tr '\\0' x"));
        RunTask two = task(RunTask.newBuilder().setCommand("head -c 20000000 /dev/zero | tr '\\0' y"));
        tasks.run(one);
        tasks.run(two);
        // nothing of either was acknowledged when the disk became full
        await().atMost(LONG).until(() -> disk.problem().equals("the agent's disk is full"));
        assertThat(ended(one).getOutputBytes()).isEqualTo(20_000_000);
        assertThat(ended(two).getOutputBytes()).isEqualTo(20_000_000);
        assertThat(drain()).hasSize(40_000_000);
    }

    @Test
    void a_command_that_cannot_be_written_down_is_rejected_at_once_and_never_runs() throws Exception {
        small.fill();
        RunTask refused =
                task(RunTask.newBuilder().setCommand("touch " + dir.resolve("ran") + " # " + "x".repeat(10_000)));
        tasks.run(refused);
        TaskRejected rejected = event(refused, TaskEvent::hasRejected, TaskEvent::getRejected);
        assertThat(rejected.getCode()).isEqualTo("disk-full");
        assertThat(rejected.getDetail()).isEqualTo("the agent's disk is full");

        small.makeRoom();
        await().atMost(LONG).until(() -> disk.problem().isEmpty());
        tasks.run(refused);
        RunTask next = task(RunTask.newBuilder().setCommand("true"));
        tasks.run(next);
        assertThat(ended(next).getExitCode()).isZero();
        assertThat(dir.resolve("ran")).doesNotExist();

        stop();
        start();
        tasks.run(refused);
        RunTask last = task(RunTask.newBuilder().setCommand("true"));
        tasks.run(last);
        assertThat(ended(last).getExitCode()).isZero();
        assertThat(dir.resolve("ran")).doesNotExist();
    }

    @Test
    void what_ends_while_the_disk_is_full_is_told_at_once_and_written_down_later() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("read x < " + fifo() + "; exit 7"));
        tasks.run(task);
        await().atMost(LONG).until(() -> tasks.runningIds().contains(task.getTaskId()));
        small.fill();
        for (int i = 0; i < 100; i++) {
            tasks.run(task(RunTask.newBuilder().setCommand("x".repeat(9_000))));
        }
        Files.writeString(fifo(), "\n");
        assertThat(ended(task).getExitCode()).isEqualTo(7);

        small.makeRoom();
        await().atMost(LONG).until(() -> disk.problem().isEmpty());
        stop();
        start();
        assertThat(ended(task).getExitCode()).isEqualTo(7);
        assertThat(journal.openTasks()).isEmpty();
        assertThat(journal.highWater()).isEqualTo(sequence);
    }

    @Test
    void a_command_that_is_cancelled_while_it_waits_for_room_ends() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("read x < " + fifo() + "; yes"));
        tasks.run(task);
        await().atMost(LONG).until(() -> tasks.runningIds().contains(task.getTaskId()));
        // a part of what is read at once has room
        small.fill(20_000);
        acknowledges = false;
        Files.writeString(fifo(), "\n");
        await().atMost(LONG).until(() -> !disk.problem().isEmpty());
        tasks.cancel(task.getTaskId());
        assertThat(ended(task).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(gaps()).isPositive();
        long outputBytes = ended(task).getOutputBytes();

        stop();
        small.makeRoom();
        start();
        List<OutputChunk> all = new ArrayList<>();
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            all.add(chunk);
        }
        OutputChunk last = all.get(all.size() - 1);
        assertThat(last.getMarker().hasExit()).isTrue();
        assertThat(last.getOffset()).isEqualTo(outputBytes);
        spool.ack(last.getTerminalId(), new Position(last.getOffset(), last.getMarkerNumber()), false);
        assertThat(spool.terminals()).isEmpty();
    }

    @Test
    void a_command_is_cancelled_too_when_it_is_over_and_its_output_waits_for_room() throws Exception {
        tasks.close();
        spool.close();
        spool = new Spool(small.dir().resolve("spool"), SPOOL, disk);
        tasks = tasks(new TaskLimits(60_000, 1, 5_000));
        RunTask task = task(
                RunTask.newBuilder().setCommand("echo $$; read x < " + fifo() + "; head -c 60000 /dev/zero; exit 3"));
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().endsWith("\n"));
        int group = Integer.parseInt(drain().strip());
        small.fill();
        Files.writeString(fifo(), "\n");
        await().atMost(LONG).until(() -> !disk.problem().isEmpty());
        await().atMost(LONG).until(() -> ProcessTable.groupMembers(group).isEmpty());
        // until the limit of 1 ms was noticed, most likely
        await().pollDelay(Duration.ofMillis(500)).until(() -> true);
        assertThat(tasks.runningIds()).containsExactly(task.getTaskId());
        tasks.cancel(task.getTaskId());
        assertThat(ended(task).getExitCode()).isEqualTo(3);
        assertThat(tasks.runningIds()).isEmpty();
    }

    @Test
    void the_agent_starts_on_a_full_disk_where_nothing_of_a_terminal_was_acknowledged() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("echo hello; read x < " + fifo()));
        acknowledges = false;
        tasks.run(task);
        await().atMost(LONG).until(() -> drain().contains("hello"));
        stop();
        Path acked = small.dir().resolve("spool").resolve(task.getTaskId()).resolve("acked");
        Files.write(acked, new byte[0]);
        small.fill();
        start();
        output.reset();
        assertThat(drain()).isEqualTo("hello\n");
    }

    @Test
    void the_agent_starts_on_a_full_disk_and_tells_what_it_knows() throws Exception {
        RunTask task = task(RunTask.newBuilder().setCommand("exit 9"));
        tasks.run(task);
        assertThat(ended(task).getExitCode()).isEqualTo(9);
        stop();
        small.fill();
        start();
        assertThat(ended(task).getExitCode()).isEqualTo(9);
        RunTask refused = task(RunTask.newBuilder().setCommand("x".repeat(9_000)));
        tasks.run(refused);
        assertThat(event(refused, TaskEvent::hasRejected, TaskEvent::getRejected)
                        .getDetail())
                .contains("full");
    }

    private Path fifo() throws Exception {
        Path fifo = dir.resolve("fifo");
        if (!Files.exists(fifo)) {
            assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                    .isZero();
        }
        return fifo;
    }

    private RunTask task(RunTask.Builder builder) {
        return builder.setTaskId(ids.make(Ids.Kind.TASK, 1))
                .setSequence(++sequence)
                .build();
    }

    private TaskEnded ended(RunTask task) {
        return event(task, TaskEvent::hasEnded, TaskEvent::getEnded);
    }

    private <T> T event(RunTask task, Predicate<TaskEvent> kind, Function<TaskEvent, T> get) {
        await().atMost(LONG).until(() -> {
            drain();
            return find(task, kind).isPresent();
        });
        return find(task, kind).map(get).orElseThrow();
    }

    private Optional<TaskEvent> find(RunTask task, Predicate<TaskEvent> kind) {
        return journal.unacknowledged().stream()
                .filter(event -> event.getTaskId().equals(task.getTaskId()) && kind.test(event))
                .findFirst();
    }

    private long gaps() {
        long gaps = 0;
        spool.rewind();
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            gaps += chunk.getMarker().getGap().getBytes();
        }
        return gaps;
    }

    /** Takes all present output and acknowledges it, as a gateway does. */
    private String drain() {
        for (OutputChunk chunk = spool.poll(1 << 16); chunk != null; chunk = spool.poll(1 << 16)) {
            output.writeBytes(chunk.getData().toByteArray());
            long end = chunk.getOffset()
                    + chunk.getData().size()
                    + chunk.getMarker().getGap().getBytes();
            if (acknowledges) {
                spool.ack(chunk.getTerminalId(), new Position(end, chunk.getMarkerNumber()), false);
            }
        }
        return output.toString(StandardCharsets.UTF_8);
    }
}
