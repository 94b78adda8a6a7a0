package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code infra/muster run} as its own process: its messages while it waits, and what a signal leaves behind. */
@ExtendWith(SharedProduct.class)
class RunSignalsTest {
    @TempDir
    Path dir;

    private Product product;
    private Path out;
    private Path err;

    @BeforeEach
    void find(Product shared) {
        product = shared;
        shared.admin().online("demo-1");
        out = dir.resolve("out");
        err = dir.resolve("err");
    }

    private Process run(String... words) throws IOException {
        List<String> all = new ArrayList<>(List.of("run"));
        all.addAll(List.of(words));
        List<String> command = TerminalWindow.command(all.toArray(new String[0]));
        command.remove("-Dmuster.tty=io");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("MUSTER_DATA_DIR", product.dataDir().toString());
        return builder.start();
    }

    private static void awaitText(Path file, String text) {
        await().atMost(TerminalWindow.PATIENCE)
                .until(() -> Files.exists(file) && Files.readString(file).contains(text));
    }

    private static int code(Process process) throws InterruptedException {
        assertThat(process.waitFor(TerminalWindow.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        return process.exitValue();
    }

    private static void signal(Process process, String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private JsonNode latest(String node) throws Exception {
        return product.admin().get("/api/v1/nodes/" + node + "/tasks").json().at("/tasks/0");
    }

    @ParameterizedTest
    @CsvSource({"INT, 143", "TERM, 143", "HUP, 143"})
    void a_signal_cancels_the_command_and_leaves_nothing_running(String signal, int code) throws Exception {
        Process process = run("demo-1", "--", "echo up; exec sleep 600");
        awaitText(out, "up\n");
        signal(process, signal);
        assertThat(code(process)).isEqualTo(code);
        assertThat(err).content().contains("muster: cancelling");
        assertThat(latest(product.admin().nodeId("demo-1")).get("state").asText())
                .isEqualTo("CANCELLED");
    }

    @Test
    void a_command_on_a_node_that_is_not_there_says_what_it_waits_for() throws Exception {
        Api api = product.admin();
        String node = api.post("/api/v1/nodes", "{\"name\":\"not-yet\"}")
                .json()
                .at("/node/nodeId")
                .asText();
        try {
            Process process = run(node, "--", "true");
            awaitText(err, "waiting for not-yet, which was never seen");
            signal(process, "TERM");
            assertThat(code(process)).isEqualTo(125);
            assertThat(err).content().contains("cancelled before it ran, by admin");
            assertThat(latest(node).get("state").asText()).isEqualTo("CANCELLED");
        } finally {
            api.delete("/api/v1/nodes/" + node);
        }
    }

    @Test
    void lines_of_many_nodes_come_while_they_run_and_those_that_are_waited_for_are_named() throws Exception {
        Api api = product.admin();
        api.online("demo-2");
        String label = "\"labels\":{\"demo\":\"true\"}";
        String node = api.post("/api/v1/nodes", "{\"name\":\"absent\"," + label + "}")
                .json()
                .at("/node/nodeId")
                .asText();
        try {
            Process process = run("-l", "demo=true", "--", "echo up; exec sleep 600");
            awaitText(err, "1 of them are not online");
            awaitText(err, "absent (never seen)");
            awaitText(out, "demo-1 | up\n");
            awaitText(out, "demo-2 | up\n");
            awaitText(err, "waiting for ");
            signal(process, "TERM");
            assertThat(code(process)).isEqualTo(1);
            assertThat(err).content().contains("CANCELLED");
        } finally {
            api.delete("/api/v1/nodes/" + node);
        }
    }
}
