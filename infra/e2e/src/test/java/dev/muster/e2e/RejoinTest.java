package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedProduct.class)
class RejoinTest {
    @TempDir
    Path dir;

    @TempDir
    Path elsewhere;

    @Test
    void after_a_revocation_a_new_invite_brings_the_same_machine_back_as_the_same_node(Product product)
            throws Exception {
        Api api = product.admin();
        String gateway = LocalAddress.read(new DataDir(product.dataDir()).addressFile())
                .orElseThrow()
                .grpc();
        JsonNode created = api.make("/api/v1/nodes", Api.JSON.createObjectNode().put("name", "revoked"))
                .json();
        String node = created.get("node").get("nodeId").asText();
        String first = created.get("invite").get("token").asText();
        try (Agent agent = Agent.start(AgentConfig.local(dir, gateway, first))) {
            assertThat(api.online("revoked")).isNotNull();
            assertThat(api.run(node, "echo one").get("exitCode").asInt()).isZero();
            assertThat(api.delete("/api/v1/nodes/" + node + "/credential").status())
                    .isLessThan(300);
            await().atMost(Api.LONG).until(() -> agent.stopped().isCompletedExceptionally());
        }
        assertThatThrownBy(() -> Agent.start(AgentConfig.local(elsewhere, gateway, first))
                        .close())
                .isInstanceOf(AgentException.class)
                .hasMessageContaining("(invite-used)");

        String second = api.make("/api/v1/nodes/" + node + "/invites", Api.JSON.createObjectNode())
                .json()
                .get("invite")
                .get("token")
                .asText();
        try (Agent agent = Agent.start(AgentConfig.local(dir, gateway, second))) {
            await().atMost(Api.LONG).until(() -> agent.connected().isDone());
            assertThat(agent.nodeId()).isEqualTo(node);
            assertThat(api.run(node, "echo two").get("exitCode").asInt()).isZero();
        }
        // started again with the same command line
        try (Agent agent = Agent.start(AgentConfig.local(dir, gateway, second))) {
            await().atMost(Api.LONG).until(() -> agent.connected().isDone());
        }
        assertThat(api.delete("/api/v1/nodes/" + node).status()).isEqualTo(204);
    }
}
