package dev.muster.agent.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.sun.jna.Pointer;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LauncherTest {
    private static final List<String> TEXTS = List.of(
            "plain",
            "",
            "two words",
            "it's \"quoted\" \\ $HOME `id` *",
            "line\nfeed\ttab\r",
            "grüße ✓ é€😀",
            "-n",
            "--",
            "=",
            "\u0001\u001b\u007f\u0081\u00ff");

    @TempDir
    Path dir;

    private record Ended(String output, ExitStatus status) {}

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void arguments_arrive_byte_for_byte(boolean pty) throws Exception {
        RunTask.Builder task = RunTask.newBuilder()
                .addArgv("/bin/sh")
                .addArgv("-c")
                .addArgv("for a; do printf %s \"$a\" | od -An -v -tx1 | tr -d ' \\n'; echo; done")
                .addArgv("x")
                .addAllArgv(TEXTS);
        assertThat(run(task, pty).output().lines())
                .containsExactlyElementsOf(
                        TEXTS.stream().map(LauncherTest::hexadecimal).toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_command_line_arrives_byte_for_byte(boolean pty) throws Exception {
        RunTask.Builder task =
                RunTask.newBuilder().setCommand("printf %s 'grüße ✓ é€😀' | od -An -v -tx1 | tr -d ' \\n'");
        assertThat(run(task, pty).output()).isEqualTo(hexadecimal("grüße ✓ é€😀"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void variables_arrive_byte_for_byte_whatever_their_names(boolean pty) throws Exception {
        RunTask.Builder task = RunTask.newBuilder().addArgv("od").addAllArgv(List.of("-An", "-v", "-tx1"));
        task.addArgv("/proc/self/environ");
        for (int i = 0; i < TEXTS.size(); i++) {
            task.putEnv("NAME-" + i + ".ü", TEXTS.get(i));
        }
        String all = run(task, pty).output().replaceAll("\\s", "");
        for (int i = 0; i < TEXTS.size(); i++) {
            assertThat(all).contains("00" + hexadecimal("NAME-" + i + ".ü=" + TEXTS.get(i)) + "00");
        }
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> directories() {
        return Stream.of("a b", "it's \"x\" $HOME", "new\nline", "grüße ✓", "-n", "tab\t;&|")
                .flatMap(name ->
                        Stream.of(false, true).map(pty -> org.junit.jupiter.params.provider.Arguments.of(name, pty)));
    }

    @ParameterizedTest
    @MethodSource("directories")
    void the_directory_arrives_byte_for_byte(String name, boolean pty) throws Exception {
        String path = dir + "/" + name;
        run(RunTask.newBuilder().addAllArgv(List.of("mkdir", "--", path)), false);
        RunTask.Builder task = RunTask.newBuilder()
                .setCommand("pwd -P | od -An -v -tx1 | tr -d ' \\n'")
                .setCwd(path);
        assertThat(run(task, pty).output()).isEqualTo(hexadecimal(path + "\n"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_directory_that_cannot_be_used_is_a_failure_to_start_that_names_it(boolean pty) throws Exception {
        Path file = Files.createFile(dir.resolve("file"));
        Path loop = Files.createSymbolicLink(dir.resolve("loop"), dir.resolve("loop"));
        for (String path : List.of("/no/such/dir", file.toString(), file + "/x", loop.toString(), "relative")) {
            assertThatThrownBy(() -> run(RunTask.newBuilder().setCommand("true").setCwd(path), pty))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("working directory " + path);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_directory_without_permission_is_a_failure_to_start(boolean pty) throws Exception {
        assumeTrue(LibC.INSTANCE.getuid() != 0, "root may enter every directory");
        Path closed = Files.createDirectory(dir.resolve("closed"));
        assertThat(closed.toFile().setExecutable(false)).isTrue();
        assertThatThrownBy(() -> run(RunTask.newBuilder().setCommand("true").setCwd(closed.toString()), pty))
                .hasMessageContaining("working directory " + closed);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void signals_are_at_their_defaults_and_none_is_blocked_whatever_the_agent_ignores(boolean pty) throws Exception {
        Map<Integer, Pointer> before = new java.util.HashMap<>();
        for (int signal : List.of(Signals.HUP, 2, 10, 13)) {
            before.put(signal, LibC.INSTANCE.signal(signal, new Pointer(1)));
        }
        try {
            Ended ended = run(RunTask.newBuilder().addArgv("cat").addArgv("/proc/self/status"), pty);
            assertThat(ended.output().lines().filter(line -> line.startsWith("Sig") && !line.startsWith("SigQ")))
                    .extracting(line -> line.replaceAll("\\s+", " "))
                    .containsExactly(
                            "SigPnd: 0000000000000000",
                            "SigBlk: 0000000000000000",
                            "SigIgn: 0000000000000000",
                            "SigCgt: 0000000000000000");
        } finally {
            before.forEach((signal, handler) -> LibC.INSTANCE.signal(signal, handler));
        }
    }

    @ParameterizedTest
    @CsvSource({"HUP,false", "INT,false", "QUIT,false", "PIPE,false", "HUP,true", "INT,true", "QUIT,true", "PIPE,true"})
    void a_signal_ends_a_command_that_does_not_handle_it(String signal, boolean pty) throws Exception {
        Ended ended = run(RunTask.newBuilder().setCommand("kill -" + signal + " $$; echo survived"), pty);
        assertThat(ended.status().signal()).isEqualTo(signal);
        assertThat(ended.output()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"137,false", "143,false", "255,false", "137,true", "129,true"})
    void a_code_beyond_128_is_no_signal_where_the_command_exits_with_it(int code, boolean pty) throws Exception {
        assertThat(run(RunTask.newBuilder().setCommand("exit " + code), pty).status())
                .isEqualTo(new ExitStatus(code, ""));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void only_the_standard_files_are_open(boolean pty) throws Exception {
        try (var open = Files.newInputStream(Files.createFile(dir.resolve("open")))) {
            assertThat(open.available()).isZero();
            Ended ended = run(RunTask.newBuilder().addAllArgv(List.of("ls", "-1", "/proc/self/fd")), pty);
            assertThat(ended.output().lines()).containsExactly("0", "1", "2", "3");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void it_leads_a_session_of_its_own_and_has_the_terminal_that_it_was_given(boolean pty) throws Exception {
        Ended ended = run(RunTask.newBuilder().addArgv("cat").addArgv("/proc/self/stat"), pty);
        String[] fields = ended.output().strip().split(" ", -1);
        assertThat(fields[4]).as("process group").isEqualTo(fields[0]);
        assertThat(fields[5]).as("session").isEqualTo(fields[0]);
        assertThat(!fields[6].equals("0")).as("has a terminal").isEqualTo(pty);
    }

    @Test
    void a_terminal_has_its_size_before_the_command_begins() throws Exception {
        assertThat(run(RunTask.newBuilder().addArgv("stty").addArgv("size"), true)
                        .output())
                .isEqualTo("24 80\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_program_that_cannot_be_started_is_named(boolean pty) throws Exception {
        Path plain = Files.writeString(dir.resolve("plain"), "echo");
        for (String program : List.of("no-such-program", "/no/such/program", plain.toString(), dir.toString())) {
            assertThatThrownBy(() -> run(RunTask.newBuilder().addArgv(program), pty))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(program);
        }
        assertThatThrownBy(() -> run(RunTask.newBuilder().addArgv("true").addArgv("x".repeat(140_000)), pty))
                .hasMessageContaining("true")
                .hasMessageContaining("too long");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_program_is_found_by_the_path_of_the_task_also_relative_to_its_directory(boolean pty) throws Exception {
        Path script =
                Files.writeString(Files.createDirectory(dir.resolve("bin")).resolve("own"), "echo own $1\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        for (RunTask.Builder task : List.of(
                RunTask.newBuilder().addArgv("own").putEnv("PATH", "/usr/bin:" + dir + "/bin:/bin"),
                RunTask.newBuilder().addArgv("own").putEnv("PATH", "/none:bin").setCwd(dir.toString()),
                RunTask.newBuilder().addArgv("bin/own").setCwd(dir.toString()),
                RunTask.newBuilder().addArgv(script.toString()))) {
            assertThat(run(task.addArgv("é"), pty).output().strip()).isEqualTo("own é");
        }
    }

    record Bad(String what, RunTask.Builder task) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Bad> bad() {
        return Stream.of(
                new Bad("the command contains a NUL", RunTask.newBuilder().setCommand("a\0b")),
                new Bad(
                        "argument 1 contains a NUL",
                        RunTask.newBuilder().addArgv("a").addArgv("\0")),
                new Bad("working directory contains a NUL", command().setCwd("/\0")),
                new Bad("the variable A contains a NUL", command().putEnv("A", "\0")),
                new Bad("the name of a variable contains a NUL", command().putEnv("A\0", "")),
                new Bad("'' cannot be the name of a variable", command().putEnv("", "x")),
                new Bad("'A=B' cannot be the name of a variable", command().putEnv("A=B", "x")),
                new Bad("the name of the program is empty", RunTask.newBuilder().addArgv("")),
                new Bad(
                        "the command contains half a surrogate pair",
                        RunTask.newBuilder().setCommand("a\ud83d")),
                new Bad(
                        "argument 1 contains half a surrogate pair",
                        RunTask.newBuilder().addArgv("a").addArgv("\udc00")),
                new Bad(
                        "the variable A contains half a surrogate pair",
                        command().putEnv("A", "\ud83dx")));
    }

    private static RunTask.Builder command() {
        return RunTask.newBuilder().setCommand("true");
    }

    @ParameterizedTest
    @MethodSource("bad")
    void what_is_no_text_is_refused(Bad bad) {
        for (boolean pty : new boolean[] {false, true}) {
            assertThatThrownBy(() -> run(bad.task(), pty))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(bad.what());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void without_a_login_of_its_own_the_agent_gives_what_the_list_of_users_says(boolean pty) throws Exception {
        Login login = Login.current();
        Map<String, String> environment = environment(Map.of(), pty);
        assertThat(environment)
                .containsEntry("HOME", login.home().toStringUtf8())
                .containsEntry("USER", login.name().toStringUtf8())
                .containsEntry("LOGNAME", login.name().toStringUtf8())
                .containsEntry("SHELL", login.shell().toStringUtf8())
                .containsKey("PATH");
        assertThat(login.shell().toStringUtf8()).startsWith("/").doesNotEndWith("nologin");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_the_agent_has_goes_before_the_list_of_users(boolean pty) throws Exception {
        assertThat(environment(Map.of("HOME", "/tmp", "SHELL", "/bin/dash", "USER", "me", "TZ", "UTC"), pty))
                .containsEntry("HOME", "/tmp")
                .containsEntry("SHELL", "/bin/dash")
                .containsEntry("USER", "me")
                .containsEntry("TZ", "UTC")
                .doesNotContainKeys("LANG", "LC_ALL", "LC_CTYPE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false", ""})
    void a_shell_that_refuses_logins_is_not_passed_on(String shell) throws Exception {
        String passed = environment(Map.of("SHELL", shell), false).get("SHELL");
        assertThat(passed).isEqualTo(shell.isEmpty() ? Login.current().shell().toStringUtf8() : "/bin/sh");
    }

    @Test
    void the_locale_is_the_callers_and_not_the_one_that_the_agent_was_started_in() throws Exception {
        assertThat(environment(
                        Map.of(
                                "LC_ALL", "C.UTF-8",
                                "LANG", "de_DE",
                                "MUSTER_CALLER_LANG", "de_DE",
                                "MUSTER_CALLER_LC_ALL", "",
                                "MUSTER_CALLER_LC_CTYPE", ""),
                        false))
                .containsEntry("LANG", "de_DE")
                .doesNotContainKeys("LC_ALL", "LC_CTYPE", "MUSTER_CALLER_LANG");
        assertThat(environment(Map.of("LC_ALL", "C", "LC_CTYPE", "x"), false))
                .containsEntry("LC_ALL", "C")
                .containsEntry("LC_CTYPE", "x");
    }

    @Test
    void without_a_home_that_can_be_entered_a_task_begins_in_the_root() throws Exception {
        Launcher launcher = launcher(Map.of("HOME", "/no/such/home"));
        assertThat(run(launcher, RunTask.newBuilder().setCommand("pwd"), false).output())
                .isEqualTo("/\n");
    }

    private static Map<String, String> environment(Map<String, String> ofAgent, boolean pty) throws Exception {
        Launcher launcher = launcher(ofAgent);
        String all =
                run(launcher, RunTask.newBuilder().addArgv("/usr/bin/env"), pty).output();
        return all.lines()
                .collect(java.util.stream.Collectors.toMap(
                        line -> line.substring(0, line.indexOf('=')), line -> line.substring(line.indexOf('=') + 1)));
    }

    private static Launcher launcher(Map<String, String> ofAgent) {
        return new Launcher(
                new TaskEnvironment(
                        "node", name -> ofAgent.containsKey(name) ? ByteString.copyFromUtf8(ofAgent.get(name)) : null),
                Users.ofThisProcess(AllowedUsers.OWN));
    }

    private static Ended run(RunTask.Builder task, boolean pty) throws IOException {
        return run(new Launcher("node", AllowedUsers.OWN), task, pty);
    }

    private static Ended run(Launcher launcher, RunTask.Builder task, boolean pty) throws IOException {
        task.setTaskId("task");
        if (pty) {
            task.setPty(WindowSize.newBuilder().setCols(80).setRows(24));
        }
        Launcher.Launched launched = launcher.start(task.build());
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        byte[] buffer = new byte[1_000];
        try (ProcessOutput from = launched.output()) {
            for (int count = from.read(buffer); count > 0; count = from.read(buffer)) {
                output.write(buffer, 0, count);
            }
        }
        return new Ended(
                output.toString(StandardCharsets.UTF_8), launched.child().reap());
    }

    private static String hexadecimal(String text) {
        StringBuilder all = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            all.append("%02x".formatted(b));
        }
        return all.toString();
    }
}
