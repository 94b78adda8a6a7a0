package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEndCause;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TaskRejected;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that run as another user of the machine; needs root. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunAsTest extends TasksFixture {
    private static final String NOBODY = "nobody";

    @BeforeEach
    void allow() throws IOException {
        assumeTrue(LibC.INSTANCE.geteuid() == 0, "only root may change its user");
        allow("*");
    }

    private void allow(String names) throws IOException {
        users = AllowedUsers.of(names);
        restart(PATIENT);
    }

    private static RunTask.Builder as(String user, String command) {
        return RunTask.newBuilder().setUser(user).setCommand(command);
    }

    private String print(RunTask.Builder task, boolean pty) throws IOException {
        output.reset();
        TaskEnded ended = run(withPty(task, pty));
        assertThat(ended.getCause()).as(ended.getDetail()).isEqualTo(TaskEndCause.TASK_END_CAUSE_EXITED);
        return text().replace("\r\n", "\n");
    }

    private TaskRejected rejected(RunTask.Builder builder) {
        RunTask task = task(builder);
        tasks.run(task);
        await().atMost(LONG)
                .until(() -> journal.unacknowledged().stream()
                        .anyMatch(event -> event.getTaskId().equals(task.getTaskId())));
        return journal.unacknowledged().stream()
                .filter(event -> event.getTaskId().equals(task.getTaskId()))
                .map(TaskEvent::getRejected)
                .findFirst()
                .orElseThrow();
    }

    /** Users of this machine; one of them is in further groups, where there is such a user. */
    static Stream<Arguments> users() throws IOException {
        Stream<String> inGroups = Files.readAllLines(Path.of("/etc/group")).stream()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length > 3 && !fields[3].isEmpty() && !fields[0].equals("root"))
                .map(fields -> fields[3].split(",", -1)[0])
                .filter(name -> Login.ofUser(name).isPresent())
                .limit(1);
        return Stream.concat(Stream.of(NOBODY, "daemon"), inGroups)
                .distinct()
                .flatMap(name -> Stream.of(Arguments.of(name, false), Arguments.of(name, true)));
    }

    @ParameterizedTest
    @MethodSource("users")
    void a_command_has_the_ids_and_groups_of_its_user(String user, boolean pty) throws Exception {
        assertThat(print(as(user, "id; grep -E '^(Uid|Gid|CapEff|CapPrm):' /proc/self/status"), pty)
                        .lines())
                .contains(print(RunTask.newBuilder().addAllArgv(List.of("id", user)), false)
                        .strip())
                .contains("CapEff:\t0000000000000000", "CapPrm:\t0000000000000000")
                .anySatisfy(line -> assertThat(line).matches("Uid:(\t[1-9][0-9]*)\\1\\1\\1"))
                .anySatisfy(line -> assertThat(line).matches("Gid:(\t[1-9][0-9]*)\\1\\1\\1"));
    }

    @ParameterizedTest
    @MethodSource("users")
    void a_command_has_the_variables_of_a_login_of_its_user(String user, boolean pty) throws Exception {
        Login login = Login.ofUser(user).orElseThrow();
        Map<String, String> variables = variables(as(user, "").clearCommand().addArgv("env"), pty);
        assertThat(variables)
                .containsEntry("HOME", login.home().toStringUtf8())
                .containsEntry("USER", user)
                .containsEntry("LOGNAME", user)
                .containsEntry("SHELL", login.shell().toStringUtf8())
                .containsEntry("PATH", "/usr/local/bin:/usr/bin:/bin")
                .containsEntry("MUSTER_NODE_ID", "nd_test")
                .containsKey("MUSTER_TASK_ID");
        assertThat(variables.containsKey("TERM")).isEqualTo(pty);
        assertThat(login.shell().toStringUtf8()).doesNotContain("nologin");
    }

    private Map<String, String> variables(RunTask.Builder task, boolean pty) throws IOException {
        return print(task, pty)
                .lines()
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf('=')), line -> line.substring(line.indexOf('=') + 1)));
    }

    @Test
    void variables_of_the_task_arrive_whatever_they_are_and_do_nothing_to_the_tool_that_runs_as_root()
            throws Exception {
        Path trace = Files.createDirectory(
                        Path.of("/tmp/muster-run-as-" + ProcessHandle.current().pid()),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                .resolve("trace");
        try {
            Map<String, String> asked = Map.of(
                    "LD_DEBUG", "files",
                    // root could write it, and the user cannot
                    "LD_DEBUG_OUTPUT", trace.toString(),
                    "HOME", "/elsewhere",
                    "A-B.ü", "two words = \"$HOME\"",
                    "-n", "");
            assertThat(print(as(NOBODY, "").clearCommand().putAllEnv(asked).addArgv("env"), false)
                            .lines())
                    .containsAll(asked.entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + entry.getValue())
                            .toList());
            try (Stream<Path> written = Files.list(trace.getParent())) {
                assertThat(written).isEmpty();
            }
        } finally {
            try (Stream<Path> written = Files.list(trace.getParent())) {
                written.forEach(file -> assertThat(file.toFile().delete()).isTrue());
            }
            Files.delete(trace.getParent());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void arguments_arrive_byte_for_byte(boolean pty) throws Exception {
        List<String> texts = List.of(
                "plain",
                "",
                "two words",
                "it's \"quoted\" \\ $HOME `id` *",
                "line\nfeed\ttab\r",
                "grüße ✓ 😀",
                "-n",
                "--",
                "=",
                "A=b",
                "\u0001\u001b\u007f\u0081\u00ff");
        RunTask.Builder task = as(NOBODY, "")
                .clearCommand()
                .addAllArgv(List.of(
                        "sh", "-c", "for a; do printf %s \"$a\" | od -An -v -tx1 | tr -d ' \\n'; echo; done", "x"))
                .addAllArgv(texts);
        assertThat(print(task, pty).lines())
                .containsExactlyElementsOf(
                        texts.stream().map(RunAsTest::hexadecimal).toList());
    }

    private static String hexadecimal(String text) {
        StringBuilder all = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            all.append("%02x".formatted(b));
        }
        return all.toString();
    }

    @Test
    void a_program_runs_whatever_its_name() throws Exception {
        Path open = Files.createTempDirectory(Path.of("/tmp"), "muster-run-as");
        try {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
            for (String name : List.of("a=b", "-x", "two words")) {
                Path program = Files.writeString(open.resolve(name), "echo \"$0\" \"$1\" `id -un`\n");
                Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
                assertThat(print(as(NOBODY, "").clearCommand().addAllArgv(List.of(program.toString(), "A=b")), false))
                        .isEqualTo(program + " A=b " + NOBODY + "\n");
                assertThat(print(
                                as(NOBODY, "")
                                        .clearCommand()
                                        .addAllArgv(List.of(name, "-y"))
                                        .putEnv("PATH", open + ":/usr/bin:/bin"),
                                false))
                        .isEqualTo(program + " -y " + NOBODY + "\n");
            }
        } finally {
            try (Stream<Path> files = Files.list(open)) {
                files.forEach(file -> assertThat(file.toFile().delete()).isTrue());
            }
            Files.delete(open);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void it_leads_a_session_of_its_own_with_its_signals_at_their_defaults_and_no_other_file(boolean pty)
            throws Exception {
        String[] stat = print(as(NOBODY, "").clearCommand().addAllArgv(List.of("cat", "/proc/self/stat")), pty)
                .strip()
                .split(" ", -1);
        assertThat(stat[4]).as("process group").isEqualTo(stat[0]);
        assertThat(stat[5]).as("session").isEqualTo(stat[0]);
        assertThat(!stat[6].equals("0")).as("has a terminal").isEqualTo(pty);
        assertThat(print(as(NOBODY, "").clearCommand().addAllArgv(List.of("cat", "/proc/self/status")), pty)
                        .lines()
                        .filter(line -> line.matches("Sig(Blk|Ign|Cgt):.*")))
                .allMatch(line -> line.endsWith("\t0000000000000000"))
                .hasSize(3);
        assertThat(print(as(NOBODY, "").clearCommand().addAllArgv(List.of("ls", "-1", "/proc/self/fd")), pty)
                        .lines())
                .containsExactly("0", "1", "2", "3");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void its_output_can_be_opened_again_by_its_user(boolean pty) throws Exception {
        assertThat(print(as(NOBODY, "echo one > /dev/stdout; echo two > /dev/stderr; echo three >> /dev/fd/1"), pty))
                .isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void a_terminal_is_the_user_s() throws Exception {
        assertThat(print(as(NOBODY, "stty size; echo by name > \"$(tty)\"; stat -c %U \"$(tty)\"; : < /dev/tty"), true))
                .isEqualTo("24 80\nby name\nnobody\n");
    }

    @Test
    void it_starts_in_the_home_of_its_user_or_in_the_root() throws Exception {
        assertThat(Files.isDirectory(Path.of("/nonexistent"))).isFalse();
        assertThat(print(as("daemon", "pwd"), false)).isEqualTo("/usr/sbin\n");
        assertThat(print(as(NOBODY, "pwd"), false)).isEqualTo("/\n");
        assertThat(print(as(NOBODY, "pwd").setCwd("/usr/lib"), false)).isEqualTo("/usr/lib\n");
    }

    @Test
    void it_does_not_get_into_a_directory_that_its_user_may_not_enter() throws Exception {
        Path open = Files.createDirectory(dir.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
        TaskEnded ended = run(as(NOBODY, "ls; echo ran").setCwd(open.toString()));
        assertThat(ended.getExitCode()).isEqualTo(125);
        assertThat(text())
                .contains(open.toString())
                .contains("Permission denied")
                .doesNotContain("ran");
    }

    @Test
    void a_directory_or_a_program_that_is_not_there_is_a_failure_to_start_that_names_it() throws Exception {
        for (RunTask.Builder task : List.of(
                as(NOBODY, "true").setCwd("/no/such"),
                as(NOBODY, "").clearCommand().addArgv("/no/such"),
                as(NOBODY, "").clearCommand().addArgv("no-such"))) {
            TaskEnded ended = run(task);
            assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_START_FAILED);
            assertThat(ended.getDetail()).contains("such");
        }
    }

    @Test
    void files_have_the_umask_of_the_user_and_the_agent_keeps_its_own() throws Exception {
        int own = LibC.INSTANCE.umask(077);
        try {
            assertThat(print(as(NOBODY, "umask"), false).strip())
                    .isEqualTo("%04o".formatted(Umask.of(Login.ofUser(NOBODY).orElseThrow())));
            assertThat(print(RunTask.newBuilder().setCommand("umask"), false).strip())
                    .isEqualTo("0077");
        } finally {
            assertThat(LibC.INSTANCE.umask(own)).isEqualTo(077);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 127, 137, 255})
    void the_exit_code_is_the_command_s_own(int code) throws Exception {
        TaskEnded ended = run(as(NOBODY, "exit " + code));
        assertThat(ended.getExitCode()).isEqualTo(code);
        assertThat(ended.getSignal()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_signal_ends_it_as_it_ends_any_command(boolean pty) throws Exception {
        TaskEnded ended = run(withPty(as(NOBODY, "kill -KILL $$"), pty));
        assertThat(ended.getSignal()).isEqualTo("KILL");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelling_reaches_the_command_and_what_it_started(boolean pty) throws Exception {
        RunTask task =
                task(withPty(as(NOBODY, "trap 'echo asked; exit 3' TERM HUP; sleep 1000 & echo $$ ready; wait"), pty));
        tasks.run(task);
        await().atMost(LONG).until(() -> text().contains("ready"));
        int group = Integer.parseInt(text().replaceAll("(?s).*?([0-9]+) ready.*", "$1"));
        tasks.cancel(task.getTaskId());
        TaskEnded ended = ended(task);
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_CANCELLED);
        assertThat(ended.getExitCode()).isEqualTo(3);
        assertThat(text()).contains("asked");
        assertThat(ProcessTable.groupMembers(group)).isEmpty();
    }

    @Test
    void a_time_limit_ends_a_command_that_does_not_listen() throws Exception {
        restart(new TaskLimits(60_000, 60_000, 100));
        TaskEnded ended = run(
                as(NOBODY, "trap '' TERM; sleep 1000 & sleep 1000; sleep 1000").setTimeoutMillis(10_000));
        assertThat(ended.getCause()).isEqualTo(TaskEndCause.TASK_END_CAUSE_TIMED_OUT);
        assertThat(ended.getSignal()).isEqualTo("KILL");
    }

    @Test
    void a_terminal_takes_input() throws Exception {
        RunTask task = task(withPty(as(NOBODY, "read x; echo \"got $x as $(id -un)\""), true));
        tasks.run(task);
        await().atMost(LONG).until(() -> tasks.input(task.getTaskId(), "word\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(ended(task).getExitCode()).isZero();
        assertThat(text()).contains("got word as nobody");
    }

    @Test
    void a_user_that_is_not_allowed_or_not_there_is_refused_before_anything_starts() throws Exception {
        Path mark = dir.resolve("mark");
        allow("daemon,no-such-user");
        for (String user : List.of(NOBODY, "no-such-user", "-x")) {
            TaskRejected rejected = rejected(as(user, "touch " + mark));
            assertThat(rejected.getCode()).isEqualTo("run-as-refused");
            assertThat(rejected.getDetail()).contains(user);
        }
        assertThat(tasks.runningIds()).isEmpty();
        assertThat(spool.terminals()).isEmpty();
        assertThat(print(as("daemon", "id -un"), false)).isEqualTo("daemon\n");
        assertThat(mark).doesNotExist();
    }

    @Test
    void a_task_that_was_refused_is_not_run_later_when_it_comes_again() throws Exception {
        allow("daemon");
        RunTask task = task(as(NOBODY, "touch " + dir.resolve("mark")));
        tasks.run(task);
        await().atMost(LONG).until(() -> journal.unacknowledged().stream().anyMatch(TaskEvent::hasRejected));
        allow(NOBODY);
        tasks.run(task);
        assertThat(run("true").getExitCode()).isZero();
        assertThat(journal.unacknowledged().stream()
                        .filter(event -> event.getTaskId().equals(task.getTaskId())))
                .hasSize(1);
        assertThat(journal.openTasks()).isEmpty();
    }

    @Test
    void by_default_the_agent_s_own_user_alone_is_allowed_and_runs_plainly() throws Exception {
        allow("");
        String own = Login.current().name().toStringUtf8();
        assertThat(print(as(own, "echo \"$HOME\""), false))
                .isEqualTo(print(RunTask.newBuilder().setCommand("echo \"$HOME\""), false));
        assertThat(rejected(as(NOBODY, "true")).getCode()).isEqualTo("run-as-refused");
    }

    @Test
    void without_the_tools_of_the_system_it_is_refused() {
        Launcher launcher = new Launcher(
                new TaskEnvironment("node", name -> name.equals("PATH") ? ByteString.copyFromUtf8("/") : null),
                Users.ofThisProcess(AllowedUsers.of("*")));
        assertThatThrownBy(() -> launcher.check(as(NOBODY, "true").build()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("setpriv");
    }
}
