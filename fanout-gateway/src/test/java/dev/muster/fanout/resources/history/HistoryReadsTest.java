package dev.muster.fanout.resources.history;

import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Searches that the registry takes long for. */
class HistoryReadsTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String PATH = "/api/v1/nodes/" + NODE + "/history";
    private static final String SLOW = PATH + "?grep=" + FakeRegistry.SILENT;
    private static final String GROUP = Ids.derive(Ids.Kind.TASK_GROUP, "g");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final List<Socket> sockets = new ArrayList<>();
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId(NODE).setOwner("alice"))
                .build());
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        gateway.close();
    }

    private Socket search(String user) throws IOException {
        return ask(user, SLOW);
    }

    private Socket ask(String user, String path) throws IOException {
        Socket socket = new Socket(java.net.InetAddress.getLoopbackAddress(), gateway.port());
        sockets.add(socket);
        String request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + gateway.port() + "\r\nAuthorization: Bearer "
                + gateway.token(user) + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void a_search_ends_when_its_client_hangs_up() throws Exception {
        Socket client = search("alice");
        await().atMost(LONG).until(() -> gateway.registry.read.size() == 1);
        client.close();

        // long before the deadline ends it, which would be told as cancelled, too
        await().atMost(Duration.ofSeconds(30)).until(() -> gateway.registry.cancelled.get() == 1);
    }

    @Test
    void one_user_has_so_many_lists_at_once_and_takes_nothing_from_others() throws Exception {
        for (int i = 0; i < GatewayFixture.LISTS_PER_USER_MAX; i++) {
            ask("alice", "/api/v1/nodes?q=" + FakeRegistry.SILENT);
        }
        await().atMost(LONG).until(() -> gateway.registry.listed.size() >= GatewayFixture.LISTS_PER_USER_MAX);

        for (String list : List.of(
                "/api/v1/nodes",
                "/api/v1/nodes/" + NODE + "/tasks",
                "/api/v1/tasks",
                "/api/v1/tasks/" + GROUP,
                "/api/v1/tasks/" + GROUP + "/output")) {
            assertProblem(gateway.get(gateway.token("alice"), list), 429, "rate-limited");
        }
        assertThat(gateway.get(gateway.token("bob"), "/api/v1/nodes").statusCode())
                .isEqualTo(200);

        gateway.registry.silentLists.forEach(list -> {
            list.onNext(ListNodesResponse.getDefaultInstance());
            list.onCompleted();
        });
        await().atMost(LONG).until(() -> gateway.answering() == 0);
    }

    @Test
    void one_user_has_a_few_reads_at_once_and_takes_nothing_from_others() throws Exception {
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder()
                        .setNodeId(FakeRegistry.nodeId(2))
                        .setOwner("bob"))
                .build());
        for (int i = 0; i < 8; i++) {
            search("alice");
        }
        await().atMost(LONG).until(() -> gateway.registry.read.size() >= 8);

        assertProblem(gateway.get(gateway.token("alice"), PATH), 429, "rate-limited");
        assertThat(gateway.get(gateway.token("bob"), "/api/v1/nodes/" + FakeRegistry.nodeId(2) + "/history")
                        .statusCode())
                .isEqualTo(200);

        for (Socket socket : sockets) {
            socket.close();
        }
        await().atMost(LONG)
                .until(() -> gateway.get(gateway.token("alice"), PATH).statusCode() == 200);
    }
}
