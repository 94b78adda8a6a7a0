package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.proto.agent.v1.ProcessStarted;
import dev.muster.proto.agent.v1.RunTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which processes an agent ends after its start, of those that an earlier agent left running. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessRunnerTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final List<Launcher.Launched> all = new ArrayList<>();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private final ProcessRunner runner = new ProcessRunner(
            new Launcher("node", AllowedUsers.OWN),
            TaskLimits.defaults(),
            Cgroups.within(null),
            Clock.systemUTC(),
            executor);

    @AfterEach
    void end() {
        for (Launcher.Launched launched : all) {
            launched.child().signalGroup(Signals.KILL);
            launched.output().close();
        }
        executor.shutdownNow();
    }

    @Test
    void a_process_is_known_whatever_the_clock_did() throws Exception {
        Child child = start("one", "exec sleep 1000");
        ProcessStarted left = ProcessIdentity.of("one", child.pid());
        assertThat(left.getStartTicks()).isPositive();
        assertThat(left.getBootId()).isNotEmpty();
        runner.end(
                left.toBuilder().setStartMillis(left.getStartMillis() + 1_000).build());
        assertGone(child);
    }

    @Test
    void a_later_process_with_the_same_number_is_left_alone() throws Exception {
        Child child = start("one", "read x < " + fifo() + "; exit 7");
        ProcessStarted left = ProcessIdentity.of("one", child.pid());
        runner.end(left.toBuilder().setStartTicks(left.getStartTicks() - 1).build());
        runner.end(left.toBuilder().setBootId("another").build());
        runner.end(left.toBuilder().setPid(0).build());
        runner.end(left.toBuilder().setPid(1).build());
        // a signal may take a moment to work: only a process that does something more was left alone
        Files.writeString(fifo(), "\n");
        assertThat(child.reap()).isEqualTo(new ExitStatus(7, ""));
    }

    @Test
    void what_an_older_agent_wrote_down_is_known_by_its_time() throws Exception {
        Child child = start("one", "read x < " + fifo() + "; exec sleep 1000");
        ProcessStarted left = ProcessIdentity.of("one", child.pid()).toBuilder()
                .clearBootId()
                .clearStartTicks()
                .build();
        runner.end(
                left.toBuilder().setStartMillis(left.getStartMillis() + 1_000).build());
        runner.end(left.toBuilder().setStartMillis(0).build());
        Files.writeString(fifo(), "\n");
        runner.end(left);
        assertGone(child);
    }

    @Test
    void a_group_whose_leader_is_gone_is_ended_if_it_is_of_the_task() throws Exception {
        Child child = start("one", "(read x < " + fifo() + "; sleep 1000) & exit 0");
        ProcessStarted left = ProcessIdentity.of("one", child.pid());
        child.awaitEnd();
        assertThat(child.reap().code()).isZero();
        runner.end(left.toBuilder().setTaskId("another").build());
        Files.writeString(fifo(), "\n");
        runner.end(left);
        assertGone(child);
    }

    /** Written to only where somebody reads it. */
    private Path fifo() throws Exception {
        Path fifo = dir.resolve("fifo");
        if (!Files.exists(fifo)) {
            assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                    .isZero();
        }
        return fifo;
    }

    private Child start(String taskId, String command) throws IOException {
        Launcher.Launched launched = new Launcher("node", AllowedUsers.OWN)
                .start(RunTask.newBuilder()
                        .setTaskId(taskId)
                        .setCommand(command)
                        .build());
        all.add(launched);
        return launched.child();
    }

    private static void assertGone(Child child) {
        await().atMost(LONG)
                .until(() -> ProcessTable.groupMembers((int) child.pid()).isEmpty());
    }
}
