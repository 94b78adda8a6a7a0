package dev.muster.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.muster.cli.Main;
import dev.muster.cli.console.RecordedIo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Names need not be unique: a name that is given again is reported. */
class NamesakesTest {
    private volatile String listed = "";
    private volatile int listStatus = 200;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/v1/nodes", exchange -> {
            try (exchange) {
                boolean create = exchange.getRequestMethod().equals("POST");
                byte[] bytes = (create
                                ? "{\"node\":{\"nodeId\":\"nd_new\"},\"invite\":{\"token\":\"t\"}}"
                                : "{\"nodes\":[" + listed + "],\"next\":null}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(create ? 201 : listStatus, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private RecordedIo create() {
        RecordedIo io = new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));
        assertThat(Main.run(io.io(), "node", "create", "build-7")).isZero();
        assertThat(io.out()).contains("nd_new");
        return io;
    }

    @Test
    void a_name_that_another_node_has_already_is_taken_and_said() {
        listed = "{\"nodeId\":\"nd_old\",\"name\":\"build-7\"},{\"nodeId\":\"nd_new\",\"name\":\"build-7\"}";
        assertThat(create().errLines())
                .singleElement()
                .asString()
                .contains("another node is already called 'build-7' (nd_old)")
                .endsWith("infra/muster node invite nd_old");
    }

    @Test
    void a_new_name_is_taken_without_a_word() {
        listed = "{\"nodeId\":\"nd_77\",\"name\":\"build-77\"},{\"nodeId\":\"nd_new\",\"name\":\"build-7\"}";
        assertThat(create().errLines()).isEmpty();
    }

    @Test
    void a_node_is_made_also_where_nobody_can_tell_of_others() {
        listStatus = 500;
        assertThat(create().errLines()).isEmpty();
    }

    @Test
    void who_names_one_of_several_is_told_their_states_and_which_can_go() {
        listed = "{\"nodeId\":\"nd_1\",\"name\":\"demo-1\",\"status\":\"NEVER_SEEN\"},"
                + "{\"nodeId\":\"nd_2\",\"name\":\"demo-1\",\"status\":\"ONLINE\"}";
        RecordedIo io = new RecordedIo(
                Map.of("MUSTER_URL", "http://127.0.0.1:" + server.getAddress().getPort(), "MUSTER_TOKEN", "t"));

        assertThat(Main.run(io.io(), "node", "show", "demo-1")).isEqualTo(125);

        assertThat(io.errLines())
                .containsExactly("muster: 2 nodes are called 'demo-1'; use an id: nd_2 (online), nd_1 (never seen);"
                        + " one that no agent has joined can go: infra/muster node rm ID");
    }
}
