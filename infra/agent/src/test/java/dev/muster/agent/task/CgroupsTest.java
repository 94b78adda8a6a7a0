package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Most of it needs a version 2 control group that may be divided. */
class CgroupsTest extends TasksFixture {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void with_control_groups_cancelling_ends_a_daemon_too(boolean pty) throws Exception {
        Path group = newGroup();
        Path go = fifo();
        try {
            tasks.close();
            tasks = tasks(TaskLimits.defaults(), group);
            RunTask task = task(withPty(
                    RunTask.newBuilder()
                            .setCommand("echo $$ leader; read x < " + go
                                    + "; (setsid sh -c 'echo $$ daemon; trap \"\" TERM HUP; sleep 1000') & sleep 1000"),
                    pty));
            tasks.run(task);
            Path own = group.resolve("muster-tasks/" + task.getTaskId());
            await().atMost(LONG).until(() -> drain().contains("leader"));
            await().atMost(LONG)
                    .until(() -> Files.readAllLines(own.resolve("cgroup.procs")).contains(before(text(), " leader")));
            Files.writeString(go, "\n");
            await().atMost(LONG).until(() -> drain().contains("daemon"));
            int daemon = Integer.parseInt(before(text(), " daemon"));
            assertThat(Files.readAllLines(own.resolve("cgroup.procs"))).contains(String.valueOf(daemon));
            tasks.cancel(task.getTaskId());
            assertThat(ended(task).getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
            await().atMost(LONG).until(() -> ProcessTable.groupMembers(daemon).isEmpty());

            assertThat(run("true").getExitCode()).isZero();
            await().atMost(LONG).until(() -> run("true").getExitCode() == 0 && !Files.exists(own));
        } finally {
            restart(TaskLimits.defaults());
            await().atMost(LONG).until(() -> isRemoved(group));
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_command_that_starts_processes_all_the_time_is_taken_in_like_another() throws Exception {
        Path group = newGroup();
        RunTask task = task(RunTask.newBuilder().setCommand("while :; do /bin/true; done"));
        Launcher.Launched launched = new Launcher("node", AllowedUsers.OWN).start(task);
        try {
            new Cgroup(group).take((int) launched.child().pid());
            assertThat(Files.readAllLines(group.resolve("cgroup.procs")))
                    .contains(String.valueOf(launched.child().pid()));
        } finally {
            launched.child().signalGroup(Signals.KILL);
            launched.output().close();
            assertThat(launched.child().reap().signal()).isEqualTo("KILL");
            await().atMost(LONG).until(() -> isRemoved(group));
        }
    }

    @Test
    void a_directory_that_was_named_and_cannot_be_used_is_said_and_left_as_it_is() throws Exception {
        Path plain = Files.createDirectory(dir.resolve("plain"));
        assertThat(Cgroups.within(plain).problem()).contains(plain + " is no version 2 control group");
        assertThat(plain).isEmptyDirectory();
        assertThat(Cgroups.within(dir.resolve("none")).problem()).contains("none is no directory");
        assertThat(dir.resolve("none")).doesNotExist();
    }

    private static Path newGroup() {
        Path parent = Stream.of("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
                .map(Path::of)
                .filter(dir -> Files.isWritable(dir.resolve("cgroup.procs")))
                .findFirst()
                .orElse(null);
        assumeTrue(parent != null && parent.toFile().canWrite(), "no control group may be made here");
        Path group = parent.resolve("muster-test-" + ProcessHandle.current().pid());
        assumeTrue(group.toFile().mkdir() && Files.exists(group.resolve("cgroup.kill")), "nor this one");
        return group;
    }

    private Path fifo() throws Exception {
        Path fifo = dir.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        return fifo;
    }

    /** The word before the text. */
    private static String before(String all, String text) {
        String until = all.substring(0, all.indexOf(text));
        return until.substring(until.lastIndexOf('\n') + 1);
    }

    private static boolean isRemoved(Path group) throws IOException {
        try (Stream<Path> all = Files.walk(group)) {
            all.filter(Files::isDirectory)
                    .sorted(Comparator.reverseOrder())
                    .forEach(dir -> dir.toFile().delete());
        }
        return !Files.exists(group);
    }
}
