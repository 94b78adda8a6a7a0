package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Processes that do what processes should not: each ends in a right state, with its output as it was. */
@ExtendWith(SharedProduct.class)
class OddOutputTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param history what it must contain, as the clean text */
    record Row(String name, String command, String state, int exitCode, long bytes, String history) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Row[] rows() {
        return new Row[] {
            new Row("invalid UTF-8", "printf 'a\\377b\\n'", "SUCCEEDED", 0, 4, "a\ufffdb\n"),
            new Row("NULs", "printf 'a\\000b\\n'", "SUCCEEDED", 0, 4, "ab\n"),
            new Row("a binary file", "head -c 65536 /dev/urandom; echo; echo end", "SUCCEEDED", 0, 65_541, "end"),
            new Row(
                    "a line of a megabyte",
                    "head -c 1000000 /dev/zero | tr '\\0' x; echo",
                    "SUCCEEDED",
                    0,
                    1_000_001,
                    "xxx"),
            new Row("no output", "true", "SUCCEEDED", 0, 0, ""),
            new Row("no final line feed", "printf last", "SUCCEEDED", 0, 4, "last\n"),
            new Row("closes its output and runs on", "echo x; exec >&- 2>&-; sleep 0.5; exit 4", "FAILED", 4, 2, "x\n"),
            new Row("leaves a daemon behind", "sleep 5 & echo left; exit 6", "FAILED", 6, 5, "left\n"),
            new Row("dies of a signal", "kill -KILL $$", "FAILED", 137, 0, ""),
            new Row("exits like one that a signal ended", "exit 137", "FAILED", 137, 0, ""),
            new Row("cannot be found", "/no/such/command", "FAILED", 127, -1, ""),
        };
    }

    @ParameterizedTest
    @MethodSource("rows")
    void ends_in_the_right_state(Row row, Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        JsonNode task = api.run(node, row.command);
        assertThat(task.get("state").asText()).isEqualTo(row.state);
        assertThat(task.get("exitCode").asInt()).isEqualTo(row.exitCode);
        String taskId = task.get("taskId").asText();
        if (row.bytes >= 0) {
            assertThat(task.get("outputBytes").asLong()).isEqualTo(row.bytes);
            await().atMost(Api.LONG).until(() -> (long) api.raw(node, taskId).length, length -> length == row.bytes);
        }
        await().atMost(Api.LONG)
                .untilAsserted(() -> assertThat(api.history(node, taskId)).contains(row.history));
    }

    @org.junit.jupiter.api.Test
    void a_command_that_ignores_the_signal_is_cancelled_all_the_same(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        String task = api.start(node, "trap '' TERM; echo ready; while true; do sleep 1; done");
        await().atMost(Api.LONG).until(() -> api.history(node, task).contains("ready"));
        var unused = api.post("/api/v1/nodes/" + node + "/tasks/" + task + "/cancel", "");
        JsonNode ended = api.ended(node, task);
        assertThat(ended.get("state").asText()).isEqualTo("CANCELLED");
        assertThat(ended.get("signal").asText()).isEqualTo("KILL");
    }

    @org.junit.jupiter.api.Test
    void an_exit_code_is_not_told_as_a_signal(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        assertThat(api.run(node, "exit 137").path("signal").asText("")).isEmpty();
        assertThat(api.run(node, "kill -KILL $$").path("signal").asText("")).isEqualTo("KILL");
    }

    @org.junit.jupiter.api.Test
    void a_missing_directory_is_a_failure_to_start_with_a_terminal_too(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        for (boolean pty : new boolean[] {false, true}) {
            ObjectNode body = JSON.createObjectNode().put("command", "echo RAN").put("cwd", "/no/such/dir");
            if (pty) {
                body.putObject("pty").put("cols", 80).put("rows", 24);
            }
            String task = api.create(node, body);
            JsonNode ended = api.ended(node, task);
            assertThat(ended.get("state").asText()).isEqualTo("FAILED");
            assertThat(ended.get("reason").asText()).contains("working directory /no/such/dir");
            assertThat(ended.get("outputBytes").asLong()).isZero();
        }
    }
}
