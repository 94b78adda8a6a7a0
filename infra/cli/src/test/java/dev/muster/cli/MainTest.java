package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.RecordedIo;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MainTest {
    @TempDir
    Path dir;

    private RecordedIo io() {
        return new RecordedIo(Map.of("MUSTER_DATA_DIR", dir.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run",
                "run n",
                "nodes --no-such-option",
                "nodes -o yaml",
                "nodes",
                "node",
                "node show",
                "token",
                "token --user a/b",
                "token --user a --ttl soon",
                "token --user a --role root",
                "topics",
                "topics cat x",
                "tasks n --cancel --url http://127.0.0.1:9",
                "text --cols x",
                "shell n",
                "history n --url ftp://x",
                "nodes --url http://",
                "no-such-command"
            })
    void a_failure_of_muster_is_one_line_and_exit_code_125(String line) {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), line.split(" "))).isEqualTo(125);
        assertThat(io.errLines()).hasSize(1).first().asString().startsWith("muster: ");
        assertThat(io.out()).isEmpty();
    }

    @Test
    void an_option_of_the_command_itself_is_told_where_it_belongs() {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "run", "n", "uname", "-a")).isEqualTo(125);
        assertThat(io.errLines()).first().asString().contains("'-a'").contains("after `--`");
    }

    @Test
    void a_message_that_repeats_an_argument_repeats_nothing_that_a_terminal_obeys() {
        for (String[] words : new String[][] {
            {"\u001b[31mx"},
            {"nodes", "--\u001b[31mx"},
            {"nodes", "-o", "\u009b31m"},
            {"run", "\u202e", "-\u001bc"},
            {"history", "n", "-n", "\u001b]0;x\u0007"},
            {"nodes", "--url", "\u001b[2J"},
            {"help", "\u001b[2J"}
        }) {
            RecordedIo io = io();
            assertThat(Main.run(io.io(), words)).isEqualTo(125);
            assertThat(io.errLines()).hasSize(1);
            assertThat(io.errLines().get(0)).doesNotContain("\u001b", "\u009b", "\u202e", "\u0007");
        }
    }

    @Test
    void a_command_that_is_not_there_is_told_its_likely_name() {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "nodez")).isEqualTo(125);
        assertThat(io.errLines())
                .containsExactly(
                        "muster: there is no command 'nodez'; did you mean node or nodes? (see `infra/muster --help`)");
    }

    @Test
    void an_argument_that_begins_with_an_at_sign_is_itself_not_what_is_in_a_file() throws IOException {
        Path file = Files.writeString(dir.resolve("words"), "--role admin");
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "history", "n", "--url", "@" + file)).isEqualTo(125);
        assertThat(io.errLines()).first().asString().contains("'@" + file + "' is not an address");
    }

    @Test
    void names_that_are_not_utf_8_are_refused() throws IOException {
        Path file = Files.write(dir.resolve("names"), new byte[] {'a', '\n', (byte) 0xff, '\n'});
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "node", "create", "--file", file.toString()))
                .isEqualTo(125);
        assertThat(io.errLines()).containsExactly("muster: " + file + " is not UTF-8: names are text");
    }

    @Test
    void one_that_is_still_starting_is_not_told_to_be_started() throws IOException {
        Files.writeString(dir.resolve("lock"), ProcessHandle.current().pid() + "\n");
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "nodes")).isEqualTo(125);
        assertThat(io.errLines()).first().asString().contains("starting or stopping");
    }

    @Test
    void topics_are_listed_by_name_and_as_json() {
        Map<String, String> kafka = Map.of("MUSTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9");
        RecordedIo names = new RecordedIo(kafka);
        RecordedIo json = new RecordedIo(kafka);

        assertThat(Main.run(names.io(), "topics", "list")).isZero();
        assertThat(Main.run(json.io(), "topics", "list", "-o", "json")).isZero();

        assertThat(names.out()).startsWith("muster.commands\n");
        assertThat(Json.parse(json.out()).at("/topics/0/name").asText()).isEqualTo("muster.commands");
    }

    @Test
    void a_token_is_alone_on_standard_output_and_works_before_the_first_up() throws Exception {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "token", "--user", "alice", "--groups", "ops,dev"))
                .isZero();
        assertThat(io.out()).endsWith("\n").hasLineCount(1);
        var claims = SignedJWT.parse(io.out().strip()).getJWTClaimsSet();
        assertThat(claims.getSubject()).isEqualTo("alice");
        assertThat(claims.getStringListClaim("groups")).containsExactly("ops", "dev");
        assertThat(Duration.between(
                        claims.getIssueTime().toInstant(),
                        claims.getExpirationTime().toInstant()))
                .isEqualTo(Duration.ofHours(12));
        assertThat(io.errLines()).isEmpty();
    }

    @Test
    void a_token_for_another_host_is_never_made_of_the_local_key() {
        RecordedIo io = io();
        Main.run(io.io(), "token", "--user", "alice");
        RecordedIo other = io();
        assertThat(Main.run(other.io(), "nodes", "--url", "http://192.0.2.1:8080"))
                .isEqualTo(125);
        assertThat(other.errLines()).containsExactly("muster: no token for http://192.0.2.1:8080: set MUSTER_TOKEN");
    }

    @Test
    void a_service_that_cannot_start_exits_with_1() {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "service", "nonsense")).isEqualTo(1);
        assertThat(io.errLines()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "up --bind 0.0.0.0",
                "up --bind 0.0.0.0 --plaintext",
                "up --bind 192.0.2.1 --plaintext",
                "up --tls-cert only.pem",
                "up --bind 0.0.0.0 --advertise me --tls-cert no.pem --tls-key no.key",
                "up --http-port 70000"
            })
    void up_that_cannot_start_says_why_in_one_line_and_exits_with_1(String line) {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), line.split(" "))).isEqualTo(1);
        assertThat(io.errLines()).hasSize(1).first().asString().startsWith("muster: ");
        assertThat(io.out()).isEmpty();
    }

    @Test
    void bad_settings_of_a_service_are_said_all_at_once_and_exit_with_1() {
        RecordedIo io = new RecordedIo(Map.of("MUSTER_BROKER_PORT", "x"));
        assertThat(Main.run(io.io(), "service", "broker")).isEqualTo(1);
        assertThat(io.errLines()).hasSize(1).first().asString().contains("MUSTER_BROKER_PORT=x");
    }

    @Test
    void settings_are_checked_without_a_start() {
        RecordedIo well = io();
        assertThat(Main.run(well.io(), "service", "registry", "--check-config")).isZero();
        assertThat(well.out()).isEqualTo("the settings of registry are well\n");
        RecordedIo wrong = new RecordedIo(Map.of("MUSTER_FANOUT_HTTP_PORT", "x"));
        assertThat(Main.run(wrong.io(), "service", "fanout", "--check-config")).isEqualTo(1);
        assertThat(wrong.errLines())
                .singleElement()
                .asString()
                .contains("MUSTER_FANOUT_HTTP_PORT=x", "MUSTER_FANOUT_USER_KEY_FILE");
    }

    @Test
    void the_completion_script_knows_the_commands() {
        RecordedIo io = io();
        assertThat(Main.run(io.io(), "completion")).isZero();
        assertThat(io.out()).contains("nodes", "shell", "--data-dir");
    }

    @Test
    void every_command_that_the_launcher_knows_is_listed() {
        String usage = Main.commandLine(io().io(), 125).getUsageMessage();
        assertThat(usage).contains("\n  text ", "\n  completion ", "Exit codes:");
    }

    @Test
    void no_option_of_any_command_is_named_after_a_variable_of_ours() {
        everyCommand(Main.commandLine(io().io(), 125))
                .forEach(command -> assertThat(command.getUsageMessage())
                        .as(command.getCommandSpec().qualifiedName())
                        .doesNotContain("<arg")
                        .doesNotContain("=<output>"));
    }

    private static Stream<CommandLine> everyCommand(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(MainTest::everyCommand));
    }

    @Test
    void nobody_reading_standard_output_any_more_is_no_fault() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        CliIo io = new CliIo(
                Map.of("MUSTER_DATA_DIR", dir.toString()),
                closed,
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                false,
                false);
        assertThat(Main.run(io, "token", "--user", "alice")).isEqualTo(141);
    }
}
