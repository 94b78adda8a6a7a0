package dev.muster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the launcher {@code infra/muster} itself, in its own tree, where it starts the classes of this test. */
class LauncherTest {
    private static final long DEADLINE_SECONDS = 120;

    /** "grüße €😀" in bytes, written in ASCII for bash. */
    private static final String LETTERS = "$'gr\\xc3\\xbc\\xc3\\x9fe \\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80'";

    /** The result of one run. */
    private record Ran(int code, String out, String err) {}

    @TempDir
    Path dir;

    private Path launcher;

    @BeforeEach
    void make() throws IOException {
        launcher = Files.createDirectories(dir.resolve("tree/infra")).resolve("muster");
        Files.copy(Path.of("..", "muster").toAbsolutePath(), launcher);
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        Path dist = Files.createDirectories(dir.resolve("tree/infra/cli/target/dist/current"));
        Files.createFile(dist.resolve("stamp"));
        Files.writeString(dist.resolve("classpath"), System.getProperty("java.class.path") + "\n");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java").toRealPath();
        long changed = Files.getLastModifiedTime(java).to(TimeUnit.SECONDS);
        // so that no class data archive is made in the background
        Files.createDirectory(
                dist.resolve("client-" + System.getProperty("java.version") + "-" + changed + ".jsa.lock"));
    }

    /** Runs a line of bash, in which {@code muster} is the launcher, with these variables and few others. */
    private Ran bash(Map<String, String> variables, String line) throws Exception {
        Path out = dir.resolve("out");
        Path err = dir.resolve("err");
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "muster() { '" + launcher + "' \"$@\"; }; " + line)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("MUSTER_NO_BUILD", "1");
        builder.environment().put("MUSTER_DATA_DIR", dir.resolve("data").toString());
        builder.environment().putAll(variables);
        Process process = builder.start();
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new Ran(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    private static Map<String, String> locale(String assignment) {
        int at = assignment.indexOf('=');
        return at < 0 ? Map.of() : Map.of(assignment.substring(0, at), assignment.substring(at + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "none",
                "LC_ALL=C",
                "LC_ALL=POSIX",
                "LANG=C.UTF-8",
                "LANG=xx_YY.UTF-8",
                "LC_CTYPE=nonsense",
                "LC_TIME=xx_YY.UTF-8",
                "LC_ALL=de_DE.ISO-8859-1"
            })
    void arguments_arrive_and_are_said_as_they_were_typed_in_every_locale(String locale) throws Exception {
        Ran ran = bash(locale(locale), "muster history n --url " + LETTERS);
        assertThat(ran.code()).isEqualTo(125);
        assertThat(ran.err()).contains("muster: 'grüße €😀' is not an address");
    }

    @Test
    void a_data_directory_beyond_ascii_is_the_one_that_is_named_in_a_c_locale() throws Exception {
        Ran ran = bash(
                Map.of("LC_ALL", "C", "MUSTER_DATA_DIR", dir.resolve("grüße").toString()),
                "muster token --user me && ls '" + dir + "'");
        assertThat(ran.code()).isZero();
        assertThat(ran.out().lines()).contains("grüße");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run n --", "text --cols", "agent --join", "node create", "topics cat", "--help"})
    void what_is_not_utf_8_is_refused_in_one_line_by_every_command(String command) throws Exception {
        Ran ran = bash(Map.of("LANG", "C.UTF-8"), "muster " + command + " $'\\xff\\xfe'");
        assertThat(ran.code()).isEqualTo(125);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).matches("muster: argument [0-9] is not UTF-8: only text can be passed on\n");
        Ran surrogate = bash(Map.of("LC_ALL", "C"), "muster " + command + " $'\\xed\\xa0\\x80'");
        assertThat(surrogate.code()).isEqualTo(125);
    }

    @Test
    void a_variable_of_ours_that_is_not_utf_8_is_refused() throws Exception {
        Ran ran = bash(Map.of(), "MUSTER_DATA_DIR=$'/tmp/\\xff' muster nodes");
        assertThat(ran.code()).isEqualTo(125);
        assertThat(ran.err())
                .isEqualTo("muster: the variable MUSTER_DATA_DIR is not UTF-8: only text can be passed on\n");
        assertThat(bash(Map.of(), "muster up $'\\xff'").code()).isEqualTo(1);
    }

    @Test
    void the_caller_s_locale_is_handed_over_beside_the_launcher_s() throws Exception {
        Path jdk = dir.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        Path java = Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\nenv\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Ran ran = bash(Map.of("JAVA_HOME", jdk.toString(), "LC_ALL", "C", "LANG", "de_DE.UTF-8"), "muster agent");
        assertThat(ran.out().lines())
                .contains(
                        "LC_ALL=C.UTF-8",
                        "MUSTER_CALLER_LC_ALL=C",
                        "MUSTER_CALLER_LANG=de_DE.UTF-8",
                        "MUSTER_CALLER_LC_CTYPE=");
    }

    @Test
    void a_closed_standard_output_is_exit_code_141_and_closed_others_cost_nothing() throws Exception {
        assertThat(bash(Map.of(), "muster token --user me >&-").code()).isEqualTo(141);
        assertThat(bash(Map.of(), "muster --help >&-").code()).isEqualTo(141);
        Ran ran = bash(Map.of(), "muster token --user me <&- 2>&-");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).hasLineCount(1);
    }
}
