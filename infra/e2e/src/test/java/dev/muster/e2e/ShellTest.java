package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code infra/muster shell} in a terminal, against a server that runs, stops for a while, or does not come back. */
@ExtendWith(SharedProduct.class)
class ShellTest {
    private static final Pattern COME_BACK = Pattern.compile("infra/muster shell (nd_\\w+) --task (tk_\\w+)");

    private Product product;

    @BeforeEach
    void find(Product shared) {
        product = shared;
        shared.admin().online("demo-1");
    }

    private JsonNode task(TerminalWindow window) throws Exception {
        Matcher left = COME_BACK.matcher(window.screen());
        assertThat(left.find()).as(window.screen()).isTrue();
        return product.admin().task(left.group(1), left.group(2));
    }

    private void end(TerminalWindow window) throws Exception {
        Matcher left = COME_BACK.matcher(window.screen());
        assertThat(left.find()).isTrue();
        product.admin().post("/api/v1/nodes/" + left.group(1) + "/tasks/" + left.group(2) + "/cancel", "{}");
    }

    @Test
    void keys_typed_before_the_shell_is_there_reach_it_in_order() throws Exception {
        try (TerminalWindow window = new TerminalWindow(product, "shell", "demo-1")) {
            window.type("echo early-$((1+1))\nexit 7\n");
            assertThat(window.code()).isEqualTo(7);
            assertThat(window.screen()).contains("early-2\r\n");
            assertThat(window.isRestored()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    void a_signal_leaves_the_shell_running_and_the_terminal_as_it_was(String signal, int code) throws Exception {
        try (TerminalWindow window = new TerminalWindow(product, "shell", "demo-1")) {
            window.typeUntil("echo here-$((1+1))\n", "here-2\r\n");
            window.signal(signal);
            assertThat(window.code()).isEqualTo(code);
            assertThat(window.isRestored()).isTrue();
            assertThat(task(window).get("state").asText()).isEqualTo("RUNNING");
            end(window);
        }
    }

    @Test
    void a_command_in_a_terminal_is_cancelled_by_a_signal() throws Exception {
        try (TerminalWindow window =
                new TerminalWindow(product, "run", "--tty", "demo-1", "--", "echo begun-$((1+1)); sleep 600")) {
            window.awaitText("begun-2");
            window.signal("TERM");
            assertThat(window.code()).isEqualTo(143);
            assertThat(window.screen()).contains("what it had begun is cancelled");
            assertThat(window.isRestored()).isTrue();
        }
    }

    @Test
    void while_the_server_stands_still_keys_wait_and_leaving_works_at_once() throws Exception {
        try (TerminalWindow window = new TerminalWindow(product, "shell", "demo-1")) {
            window.typeUntil("echo here-$((1+1))\n", "here-2\r\n");
            signalServer("STOP");
            try {
                window.awaitText("no sign of the server for");
                window.type("\necho later-$((1+1))\n");
            } finally {
                signalServer("CONT");
            }
            window.awaitText("later-2\r\n");
            signalServer("STOP");
            try {
                window.type("\n~.");
                assertThat(window.code()).isZero();
            } finally {
                signalServer("CONT");
            }
            assertThat(window.isRestored()).isTrue();
            assertThat(task(window).get("state").asText()).isEqualTo("RUNNING");
            end(window);
        }
    }

    @Test
    void before_the_server_has_answered_leaving_works_at_once() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TerminalWindow window = new TerminalWindow(
                        Map.of("MUSTER_URL", "http://127.0.0.1:" + deaf.getLocalPort(), "MUSTER_TOKEN", "none"),
                        "shell",
                        "nd_01j9zzzzzzzzzzzzzzzzzzzzzz")) {
            window.typeUntil("\n~.", "code=");
            assertThat(window.code()).isZero();
            assertThat(window.screen()).contains("left before it was known whether it was queued");
            assertThat(window.isRestored()).isTrue();
        }
    }

    private void signalServer(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(product.handle().pid()))
                .start()
                .waitFor();
    }

    @Test
    void a_shell_on_a_node_that_is_not_there_says_so_and_ctrl_c_leaves_and_cancels_it() throws Exception {
        Api api = product.admin();
        String node = api.post("/api/v1/nodes", "{\"name\":\"never-there\"}")
                .json()
                .at("/node/nodeId")
                .asText();
        try (TerminalWindow window = new TerminalWindow(product, "shell", node)) {
            window.awaitText("waiting for never-there, which was never seen");
            window.type("\003");
            assertThat(window.code()).isEqualTo(130);
            assertThat(window.screen()).contains("what it had begun is cancelled");
            await().atMost(Api.LONG)
                    .until(() -> api.get("/api/v1/nodes/" + node + "/tasks")
                            .json()
                            .at("/tasks/0/state")
                            .asText()
                            .equals("CANCELLED"));
        } finally {
            api.delete("/api/v1/nodes/" + node);
        }
    }
}
