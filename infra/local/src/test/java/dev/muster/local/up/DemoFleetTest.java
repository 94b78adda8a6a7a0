package dev.muster.local.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.muster.agent.identity.StateDir;
import dev.muster.agent.settings.Reach;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.StartFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DemoFleetTest {
    private HttpServer server;

    @TempDir
    Path temp;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private DemoFleet fleet(DataDir dir) {
        Progress progress = line -> {};
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        LocalApi api =
                new LocalApi(url, new UserTokens(new byte[32], Clock.systemUTC()), new Patience(progress, () -> {}));
        return new DemoFleet(api, dir, "127.0.0.1:1", Exposure.loopback(), progress);
    }

    @Test
    void an_agent_that_cannot_start_keeps_its_identity_and_its_output() throws Exception {
        DataDir dir = new DataDir(temp).create();
        Path state = dir.demo("demo-1");
        try (StateDir usedByAnother = StateDir.open(state);
                DemoFleet fleet = fleet(dir)) {
            Path output = Files.writeString(
                    Files.createDirectories(usedByAnother.spool()).resolve("1"), "not sent yet");

            assertThatThrownBy(() -> fleet.start(1))
                    .isInstanceOf(StartFailure.class)
                    .hasMessageStartingWith("the demo agent demo-1 could not start: another agent uses ");

            assertThat(output).hasContent("not sent yet");
            assertThat(state.resolve("identity.properties")).isNotEmptyFile();
        }
    }

    @Test
    void an_agent_whose_node_cannot_be_looked_up_is_stopped_again() throws Exception {
        DataDir dir = new DataDir(temp).create();
        Path state = dir.demo("demo-1");
        try (StateDir earlier = StateDir.open(state)) {
            earlier.joined("nd_1", "demo-1", "credential", "invite", new Reach("127.0.0.1:1", false, null, null, null));
        }
        try (DemoFleet fleet = fleet(dir)) {
            assertThatThrownBy(() -> fleet.start(1)).isInstanceOf(StartFailure.class);
        }
        StateDir.open(state).close();
    }
}
