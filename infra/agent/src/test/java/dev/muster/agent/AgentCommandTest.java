package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.agent.settings.AgentException;
import dev.muster.agent.task.AllowedUsers;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command line in its own process, as a person runs it. */
class AgentCommandTest {
    private static final String NODE = "nd_00000000000000000000000001";

    @Test
    @Timeout(60)
    void one_that_is_stopped_says_what_it_does_and_ends_soon(@TempDir Path dir) throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            Path state = dir.resolve("state");
            Process agent = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            AgentCommand.class.getName(),
                            "--join",
                            "mji_" + NODE + "_secret",
                            "--gateway",
                            gateway.address(),
                            "--state-dir",
                            state.toString())
                    .start();
            try (BufferedReader err = agent.errorReader()) {
                String line = err.readLine();
                while (line != null && !line.endsWith("running; Ctrl-C stops it")) {
                    line = err.readLine();
                }
                assertThat(line).isNotNull();
                // not by the process itself, which would close its streams
                agent.toHandle().destroy();
                String node = "node " + NODE + " (test): ";
                List<String> last =
                        err.lines().filter(said -> said.startsWith(node)).toList();
                assertThat(last)
                        .containsExactly(
                                node + "stopping: what runs here is ended, what it printed is delivered",
                                node + "stopped; what could not be delivered is kept in " + state);
                assertThat(agent.waitFor()).isEqualTo(143);
            } finally {
                agent.destroyForcibly();
            }
        }
    }

    @Test
    void a_list_of_allowed_users_that_has_no_names_is_refused_with_a_line_that_says_so() throws Exception {
        assertThat(AgentCommand.users(null)).isEqualTo(AllowedUsers.OWN);
        assertThat(AgentCommand.users("deploy,backup").names()).containsExactlyInAnyOrder("deploy", "backup");
        assertThatThrownBy(() -> AgentCommand.users("deploy backup"))
                .isInstanceOf(AgentException.class)
                .hasMessage("--allow-users: 'deploy backup' is not the name of a user");
    }
}
