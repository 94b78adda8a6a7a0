package dev.muster.registry.query;

import static dev.muster.registry.query.QueryFixture.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.AwaitNodeResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.registry.control.ControlFleet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waiting until the views show a change. */
class AwaitNodeTest {
    private final QueryFixture service = new QueryFixture();
    private final ControlFleet fleet = service.fleet;

    @AfterEach
    void close() {
        service.close();
    }

    private ListenableFuture<AwaitNodeResponse> awaitNode(String nodeId, long version, String... audiences) {
        return RegistryQueryGrpc.newFutureStub(service.channel)
                .awaitNode(AwaitNodeRequest.newBuilder()
                        .setNodeId(nodeId)
                        .setViewVersion(version)
                        .addAllAudiences(List.of(audiences))
                        .build());
    }

    @Test
    void what_is_shown_already_is_awaited_at_once_also_a_removal() throws Exception {
        String nodeId = fleet.create("alice", "web");
        assertThat(awaitNode(nodeId, 1, "user:alice", "fleet:0").get(10, TimeUnit.SECONDS))
                .isNotNull();
        ReplyRecord reply =
                fleet.ask(nodeId, "alice", command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        assertThat(awaitNode(nodeId, reply.getViewVersion(), "user:alice", "fleet:0")
                        .get(10, TimeUnit.SECONDS))
                .isNotNull();
        assertThat(awaitNode(nodeId, 99).get(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void one_who_waits_is_answered_when_all_audiences_show_the_version() throws Exception {
        String nodeId = Ids.derive(Ids.Kind.NODE, "later");
        ListenableFuture<AwaitNodeResponse> waiting = awaitNode(nodeId, 1, "user:alice", "fleet:0");
        await().until(() -> service.waiters.count() == 1);
        service.waiters.shown("user:alice", nodeId, 1);
        service.waiters.shown("fleet:0", nodeId, 0);
        assertThat(service.waiters.count()).isEqualTo(1);
        service.waiters.shown("fleet:0", nodeId, 2);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(service.waiters.count()).isZero();
    }

    @Test
    void one_who_waits_too_long_is_told_to_try_again_and_is_forgotten() {
        String nodeId = fleet.create("alice", "web");
        assertThatThrownBy(() -> awaitNode(nodeId, 2, "user:alice").get(10, TimeUnit.SECONDS))
                .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
        await().until(() -> service.waiters.count() == 0);
    }

    @Test
    void one_who_goes_away_is_forgotten() {
        ListenableFuture<AwaitNodeResponse> waiting = awaitNode("nd", 1, "user:alice");
        await().until(() -> service.waiters.count() == 1);
        waiting.cancel(true);
        await().until(() -> service.waiters.count() == 0);
    }

    @Test
    void too_many_who_wait_are_refused() {
        var first = awaitNode("nd", 1, "user:alice");
        var second = awaitNode("nd", 1, "user:alice");
        await().until(() -> service.waiters.count() == 2);
        assertThatThrownBy(() -> awaitNode("nd", 1, "user:alice").get(10, TimeUnit.SECONDS))
                .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
        first.cancel(true);
        second.cancel(true);
    }
}
