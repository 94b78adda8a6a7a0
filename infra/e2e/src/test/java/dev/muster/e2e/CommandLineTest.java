package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.cli.Main;
import dev.muster.cli.console.CliIo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Every client command, as a script would use it: data on standard output, one line on standard error, exit codes. */
@ExtendWith(SharedProduct.class)
class CommandLineTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What one command left. */
    record Ran(int code, String out, String err) {
        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    private Product product;

    @BeforeEach
    void find(Product shared) {
        product = shared;
        shared.admin().online("demo-1");
    }

    private Ran muster(String... args) {
        return muster(Map.of("MUSTER_DATA_DIR", product.dataDir().toString()), args);
    }

    private static Ran muster(Map<String, String> variables, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            int code = Main.run(new CliIo(variables, out, errors, false, false), args);
            return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void nodes_are_listed_as_a_table_and_as_json() throws IOException {
        assertThat(muster("nodes").out()).contains("demo-1").contains("ONLINE");
        JsonNode nodes = muster("nodes", "-o", "json", "--status", "ONLINE", "-q", "demo-2")
                .json();
        assertThat(nodes.findValuesAsText("name")).containsExactly("demo-2");
    }

    @Test
    void a_node_is_made_shown_changed_and_removed() throws IOException {
        Ran made = muster("node", "create", "by-script", "-l", "rack=7", "-o", "json");
        assertThat(made.code()).isZero();
        assertThat(made.json().at("/invite/token").asText()).isNotEmpty();
        String id = made.json().at("/node/nodeId").asText();
        assertThat(muster("node", "set", id, "--name", "renamed").code()).isZero();
        assertThat(muster("node", "show", "renamed", "-o", "json").out())
                .contains(id)
                .contains("\"rack\"");
        assertThat(muster("node", "rm", "renamed").code()).isZero();
        Ran gone = muster("node", "show", id);
        assertThat(gone.code()).isEqualTo(125);
        assertThat(gone.err()).hasLineCount(1).startsWith("muster: ");
    }

    @Test
    void run_gives_the_output_and_the_exit_code_of_the_command() {
        Ran ran = muster("run", "demo-1", "--", "sh", "-c", "echo one; echo two; exit 7");
        assertThat(ran.code()).isEqualTo(7);
        assertThat(ran.out()).isEqualTo("one\ntwo\n");
        Ran killed = muster("run", "demo-1", "--", "sh", "-c", "kill -TERM $$");
        assertThat(killed.code()).isEqualTo(143);
    }

    @Test
    void a_command_runs_as_the_user_whom_the_agent_allows_and_as_no_other() throws IOException {
        Ran own = muster("run", "--user", System.getProperty("user.name"), "demo-1", "--", "id -un");
        assertThat(own.out()).isEqualTo(System.getProperty("user.name") + "\n");
        Ran refused = muster("run", "--user", "no-such-user", "demo-1", "--", "echo ran");
        assertThat(refused.code()).isEqualTo(125);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err()).contains("run-as-refused").contains("no-such-user");
        assertThat(muster("run", "--user", "a b", "demo-1", "--", "true").err()).contains("'user' is not");
        JsonNode tasks = muster("tasks", "demo-1", "-o", "json").json().path("tasks");
        assertThat(tasks.findValuesAsText("user")).contains(System.getProperty("user.name"), "no-such-user");
    }

    @Test
    void one_command_runs_on_every_node_with_a_label() throws IOException {
        product.admin().online("demo-2");
        product.admin().online("demo-3");
        Ran ran = muster("run", "--selector", "demo=true", "--", "echo here");
        assertThat(ran.code()).isZero();
        assertThat(ran.out().lines()).containsExactlyInAnyOrder("demo-1 | here", "demo-2 | here", "demo-3 | here");
        Ran failed = muster("run", "--selector", "demo=true", "--max-concurrency", "1", "--", "seq 12000; exit 3");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.out().lines()).contains("demo-1 | 12000");
        assertThat(failed.err())
                .contains("demo-1: 2000 of its lines are not shown")
                .contains("FAILED exit 3");
        JsonNode groups = muster("task-groups", "-n", "2", "-o", "json").json();
        assertThat(groups.findValuesAsText("state")).containsExactly("FAILED", "SUCCEEDED");
        Ran nodes = muster("task-groups", groups.at("/taskGroups/0/groupId").asText());
        assertThat(nodes.out().lines()).hasSize(4);
        assertThat(nodes.out()).contains("demo-1", "demo-2", "demo-3", "FAILED");
    }

    @Test
    void run_passes_arguments_variables_and_directory_untouched() {
        Ran ran = muster(
                "run", "-e", "A=b c", "--cwd", "/", "demo-1", "--", "sh", "-c", "echo \"$A|$PWD|$1\"", "x", "* y");
        assertThat(ran.out()).isEqualTo("b c|/|* y\n");
    }

    @Test
    void history_with_a_cursor_prints_what_is_new_since_the_last_time(@TempDir Path dir) throws IOException {
        String file = dir.resolve("cursor").toString();
        assertThat(muster("history", "demo-3", "--cursor", file, "--from-now").code())
                .isZero();
        assertThat(muster("run", "demo-3", "--", "echo one; echo two").code()).isZero();
        String one = latestTask("demo-3");
        String all = dir.resolve("of-all").toString();
        assertThat(muster("history", "--cursor", all, "--from-now").code()).isZero();

        // a line is final, and in the log, a moment after its task has ended
        StringBuilder printed = new StringBuilder();
        await().atMost(Api.LONG)
                .until(() -> linesOf(one, printed.append(readOn(file)).toString()), List.of("one", "two")::equals);

        assertThat(muster("run", "demo-3", "--", "echo three").code()).isZero();
        String three = latestTask("demo-3");
        StringBuilder next = new StringBuilder();
        await().atMost(Api.LONG)
                .until(() -> linesOf(three, next.append(readOn(file)).toString()), List.of("three")::equals);
        assertThat(next.toString()).doesNotContain(one);
        StringBuilder json = new StringBuilder();
        await().atMost(Api.LONG)
                .until(() -> json.append(muster("history", "--cursor", all, "--wait", "5", "-o", "json")
                                .out())
                        .toString()
                        .contains("\"three\""));
        Ran other = muster("history", "demo-1", "--cursor", file);
        assertThat(other.code()).isEqualTo(125);
        assertThat(other.err()).hasLineCount(1).contains("another node");
        assertThat(muster("history", "demo-3", "--cursor", file, "--grep", "x").code())
                .isEqualTo(125);
        assertThat(muster("history").err()).hasLineCount(1).contains("NODE");
    }

    private String readOn(String file) {
        return muster("history", "demo-3", "--cursor", file, "--wait", "5").out();
    }

    /** The lines of one terminal: what other tests print on the node comes, too. */
    private static List<String> linesOf(String task, String printed) {
        List<String> lines = new ArrayList<>();
        boolean ofTask = false;
        for (String line : printed.lines().toList()) {
            if (line.startsWith("=== ")) {
                ofTask = line.startsWith("=== " + task + " on demo-3 from line " + lines.size());
            } else if (ofTask) {
                lines.add(line);
            }
        }
        return lines;
    }

    private String latestTask(String node) throws IOException {
        return muster("tasks", node, "-o", "json")
                .json()
                .findValuesAsText("taskId")
                .get(0);
    }

    @Test
    void history_and_logs_read_what_a_task_printed() throws IOException {
        assertThat(muster("run", "demo-2", "--", "sh", "-c", "for i in 1 2 3 4 5; do echo needle $i; done")
                        .code())
                .isZero();
        String task = latestTask("demo-2");
        assertThat(muster("history", "demo-2", "--terminal", task).out())
                .isEqualTo("needle 1\nneedle 2\nneedle 3\nneedle 4\nneedle 5\n");
        assertThat(muster("history", "demo-2", "--terminal", task, "--grep", "needle [24]")
                        .out())
                .contains("needle 2")
                .contains("needle 4")
                .doesNotContain("needle 3");
        assertThat(muster("logs", "demo-2", "--terminal", task, "-n", "2").out())
                .isEqualTo("[... 3 lines before ...]\nneedle 4\nneedle 5\n");
        assertThat(muster("logs", "-f", "demo-2", "--terminal", task).out())
                .isEqualTo("needle 1\nneedle 2\nneedle 3\nneedle 4\nneedle 5\n");
    }

    @Test
    void a_running_task_is_cancelled() throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        String task = api.start(node, "sleep 600");
        await().atMost(Api.LONG)
                .until(() -> api.task(node, task).get("state").asText().equals("RUNNING"));
        assertThat(muster("tasks", "--cancel", "demo-3", task).code()).isZero();
        assertThat(api.ended(node, task).get("state").asText()).isEqualTo("CANCELLED");
    }

    @Test
    void topics_are_read_as_json_lines() throws IOException {
        String id = product.admin().nodeId("demo-1");
        Ran records = muster("topics", "cat", "nodes", "--key", id);
        assertThat(records.code()).isZero();
        for (String line : records.out().lines().toList()) {
            assertThat(JSON.readTree(line).toString()).contains("demo-1");
        }
        assertThat(records.out()).isNotEmpty();
    }

    @Test
    void a_token_of_one_user_opens_only_what_is_hers() throws IOException {
        String token = muster("token", "--user", "carol").out().strip();
        Map<String, String> carol = Map.of("MUSTER_URL", product.origin(), "MUSTER_TOKEN", token);
        assertThat(muster(carol, "nodes", "-o", "json").json().findValuesAsText("name"))
                .doesNotContain("demo-1");
        Ran refused = muster(carol, "run", "demo-1", "--", "id");
        assertThat(refused.code()).isEqualTo(125);
        assertThat(refused.out()).isEmpty();
    }

    @Test
    void the_doctor_finds_nothing_wrong_with_a_running_muster() {
        assertThat(muster("doctor").out().lines())
                .anyMatch(line -> line.contains("its pipeline moves"))
                .allMatch(line -> line.startsWith("ok "));
    }
}
