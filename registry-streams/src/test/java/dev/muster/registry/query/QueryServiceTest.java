package dev.muster.registry.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.AwaitNodeResponse;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.query.v1.GetHealthResponse;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.registry.control.ControlFleet;
import dev.muster.registry.instance.Owners;
import dev.muster.registry.instance.Peers;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The query service over a real connection, on the stores of the real topology. */
class QueryServiceTest {
    private static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);
    private static final QuerySettings SETTINGS = new QuerySettings("127.0.0.1", 0, 0, 2, 10, 2, 200, "", 1_000);

    private final Waiters waiters = new Waiters(SETTINGS.waitersMax());
    private final ControlFleet fleet = new ControlFleet(waiters);
    private final SwitchableStores stores = new SwitchableStores();
    private final Peers peers = new Peers(SETTINGS.handOnMillisMax());
    private final QueryServer server = new QueryServer(SETTINGS);
    private final ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .build();
    private final RegistryQueryGrpc.RegistryQueryBlockingStub queries = RegistryQueryGrpc.newBlockingStub(channel);

    /** Stores of the driver, until they are said to be restoring. */
    private final class SwitchableStores implements StoreReads {
        private volatile boolean restoring;

        @Override
        public <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition) {
            if (restoring) {
                throw new InvalidStateStoreException("restoring");
            }
            return fleet.store(name);
        }
    }

    @BeforeEach
    void serve() {
        TerminalReads terminals = new TerminalReads(
                QueryServiceTest::history,
                request -> GetRepaintResponse.getDefaultInstance(),
                request -> GetOutputIndexResponse.getDefaultInstance());
        server.serve(new QueryService(
                new QueryService.Reads(stores, stores, terminals, terminals),
                ControlFleet.PARTITIONS,
                Owners.alone(),
                peers,
                waiters,
                () -> GetHealthResponse.newBuilder().setReady(true).build(),
                SETTINGS,
                () -> "error-id"));
    }

    @AfterEach
    void close() {
        peers.close();
        channel.shutdownNow();
        server.close();
        fleet.close();
    }

    private static ReadHistoryResponse history(ReadHistoryRequest request) {
        if (request.getTerminalId().isEmpty()) {
            throw new IllegalStateException("a fault of ours");
        }
        if (request.getTerminalId().equals("none")) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no terminal");
        }
        return ReadHistoryResponse.newBuilder()
                .addTerminals(TerminalHistory.newBuilder().setTerminalId(request.getTerminalId()))
                .build();
    }

    private static String code(Throwable failure) {
        Throwable cause = failure instanceof ExecutionException ? failure.getCause() : failure;
        Metadata trailers = cause instanceof StatusRuntimeException known ? known.getTrailers() : null;
        return trailers == null ? "" : String.valueOf(trailers.get(CODE));
    }

    private ListNodesResponse list(ListNodesRequest.Builder request) {
        return queries.listNodes(request.build());
    }

    private static ListNodesRequest.Builder of(String... audiences) {
        return ListNodesRequest.newBuilder().addAllAudiences(List.of(audiences)).setLimit(100);
    }

    private static List<String> names(ListNodesResponse response) {
        return response.getNodesList().stream()
                .map(view -> view.getNode().getName())
                .toList();
    }

    // ------------------------------------------------------------ one node, tasks

    @Test
    void a_node_is_read_with_its_state() {
        String nodeId = fleet.create("alice", "web");
        fleet.connect(nodeId);
        NodeView view =
                queries.getNode(GetNodeRequest.newBuilder().setNodeId(nodeId).build());
        assertThat(view.getNode().getName()).isEqualTo("web");
        assertThat(view.getState().getStatus()).isEqualTo(NodeStatus.ONLINE);
        assertThat(view.getViewVersion()).isEqualTo(2);
    }

    @Test
    void what_is_not_there_is_not_found() {
        String nodeId = fleet.create("alice", "web");
        fleet.ask(nodeId, "alice", command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        for (String missing : List.of(nodeId, "", "none")) {
            assertThatThrownBy(() -> queries.getNode(
                            GetNodeRequest.newBuilder().setNodeId(missing).build()))
                    .satisfies(e -> {
                        assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.NOT_FOUND);
                        assertThat(code(e)).isEqualTo("not-found");
                    });
        }
        String other = fleet.create("alice", "other");
        assertThatThrownBy(() -> queries.getTask(GetTaskRequest.newBuilder()
                        .setNodeId(other)
                        .setTaskId("none")
                        .build()))
                .satisfies(e -> assertThat(code(e)).isEqualTo("not-found"));
    }

    @Test
    void tasks_are_paged_newest_first_and_without_their_environment() {
        String nodeId = fleet.create("alice", "web");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String taskId = Ids.derive(Ids.Kind.TASK, "task" + i);
            ids.add(0, taskId);
            fleet.ask(
                    nodeId,
                    "alice",
                    command -> command.setCreateTask(CreateTask.newBuilder()
                            .setTaskId(taskId)
                            .setCommand("true")
                            .putEnv("TOKEN", "secret")));
        }
        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            ListTasksResponse page = queries.listTasks(ListTasksRequest.newBuilder()
                    .setNodeId(nodeId)
                    .setLimit(2)
                    .setAfter(after)
                    .build());
            page.getTasksList().forEach(task -> {
                seen.add(task.getTaskId());
                assertThat(task.getEnvMap()).isEmpty();
            });
            after = page.getNext();
        } while (!after.isEmpty());
        assertThat(seen).isEqualTo(ids);
        Task task = queries.getTask(GetTaskRequest.newBuilder()
                .setNodeId(nodeId)
                .setTaskId(ids.get(0))
                .build());
        assertThat(task.getSequence()).isEqualTo(3);
        assertThatThrownBy(() -> queries.listTasks(ListTasksRequest.newBuilder()
                        .setNodeId(nodeId)
                        .setAfter("none")
                        .build()))
                .satisfies(e -> assertThat(code(e)).isEqualTo("invalid"));
    }

    // ------------------------------------------------------------ lists

    @Test
    void a_list_holds_each_node_once_whatever_the_audiences_that_see_it() {
        fleet.create("alice", "a1");
        fleet.create("bob", "b1", group("ops"));
        fleet.create("alice", "a2", group("ops"), group("dev"));
        fleet.create("carol", "c1");

        assertThat(names(list(of("user:alice", "group:ops", "group:dev")))).containsExactlyInAnyOrder("a1", "a2", "b1");
        assertThat(names(list(of("fleet:*")))).containsExactlyInAnyOrder("a1", "a2", "b1", "c1");
        assertThat(names(list(of("fleet:0", "user:alice")))).hasSize(4);
        assertThat(names(list(of("user:nobody")))).isEmpty();
        assertThat(list(of("fleet:*")).getPositionMap()).containsOnlyKeys(0);
    }

    private static GroupGrant group(String name) {
        return GroupGrant.newBuilder().setGroup(name).setRole(Role.ROLE_VIEW).build();
    }

    @Test
    void pages_follow_each_other_without_gap_or_repeat_and_count_everything() {
        for (int i = 0; i < 7; i++) {
            fleet.create("alice", "n" + i);
        }
        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            ListNodesResponse page = list(of("user:alice").setLimit(3).setAfter(after));
            assertThat(page.getCountsMap()).containsOnlyKeys("NEVER_SEEN").containsEntry("NEVER_SEEN", 7L);
            page.getNodesList().forEach(view -> seen.add(view.getNode().getNodeId()));
            after = page.getNext();
        } while (!after.isEmpty());
        assertThat(seen).hasSize(7).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void filters_hold_together_and_counts_leave_out_only_the_status() {
        String online = fleet.create("alice", "Web-1");
        fleet.connect(online);
        fleet.create("alice", "web-2");
        fleet.create("alice", "db-1");

        assertThat(names(list(of("user:alice").setText("web")))).containsExactlyInAnyOrder("Web-1", "web-2");
        assertThat(names(list(of("user:alice").setText("HOST-1")))).containsExactly("Web-1");
        assertThat(names(list(of("user:alice").setText(online)))).containsExactly("Web-1");
        assertThat(names(list(of("user:alice").putLabels("name", "db-1")))).containsExactly("db-1");
        assertThat(names(list(of("user:alice").putLabels("name", "db-1").setText("web"))))
                .isEmpty();
        ListNodesResponse filtered =
                list(of("user:alice").addStatuses(NodeStatus.ONLINE).setText("web"));
        assertThat(names(filtered)).containsExactly("Web-1");
        assertThat(filtered.getCountsMap()).containsEntry("ONLINE", 1L).containsEntry("NEVER_SEEN", 1L);
    }

    @Test
    void a_removed_node_is_not_listed_and_the_position_is_behind_its_removal() {
        String nodeId = fleet.create("alice", "gone");
        long before = list(of("user:alice")).getPositionOrThrow(0);
        fleet.ask(nodeId, "alice", command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
        ListNodesResponse after = list(of("user:alice"));
        assertThat(after.getNodesList()).isEmpty();
        assertThat(after.getCountsMap()).isEmpty();
        assertThat(after.getPositionOrThrow(0)).isEqualTo(before + 2);
    }

    @Test
    void a_list_without_audiences_or_with_a_bad_limit_is_invalid() {
        for (ListNodesRequest.Builder request :
                List.of(of(), of("user:alice").setLimit(0), of("user:alice").setLimit(10_001))) {
            assertThatThrownBy(() -> list(request))
                    .satisfies(e -> assertThat(code(e)).isEqualTo("invalid"));
        }
    }

    @Test
    void a_page_ends_before_it_is_too_large_for_one_answer() {
        for (int i = 0; i < 40; i++) {
            String nodeId = fleet.create("alice", "n" + i);
            fleet.connect(nodeId, "h".repeat(200_000));
        }
        ListNodesResponse page = list(of("user:alice"));
        assertThat(page.getNodesCount()).isBetween(5, 20);
        assertThat(page.getNext()).isNotEmpty();
    }

    // ------------------------------------------------------------ waiting

    private ListenableFuture<AwaitNodeResponse> awaitNode(String nodeId, long version, String... audiences) {
        return RegistryQueryGrpc.newFutureStub(channel)
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
        await().until(() -> waiters.count() == 1);
        waiters.shown("user:alice", nodeId, 1);
        waiters.shown("fleet:0", nodeId, 0);
        assertThat(waiters.count()).isEqualTo(1);
        waiters.shown("fleet:0", nodeId, 2);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(waiters.count()).isZero();
    }

    @Test
    void one_who_waits_too_long_is_told_to_try_again_and_is_forgotten() {
        String nodeId = fleet.create("alice", "web");
        assertThatThrownBy(() -> awaitNode(nodeId, 2, "user:alice").get(10, TimeUnit.SECONDS))
                .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
        await().until(() -> waiters.count() == 0);
    }

    @Test
    void one_who_goes_away_is_forgotten() {
        ListenableFuture<AwaitNodeResponse> waiting = awaitNode("nd", 1, "user:alice");
        await().until(() -> waiters.count() == 1);
        waiting.cancel(true);
        await().until(() -> waiters.count() == 0);
    }

    @Test
    void too_many_who_wait_are_refused() {
        var first = awaitNode("nd", 1, "user:alice");
        var second = awaitNode("nd", 1, "user:alice");
        await().until(() -> waiters.count() == 2);
        assertThatThrownBy(() -> awaitNode("nd", 1, "user:alice").get(10, TimeUnit.SECONDS))
                .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
        first.cancel(true);
        second.cancel(true);
    }

    // ------------------------------------------------------------ failures

    @Test
    void a_store_that_is_restoring_is_unavailable_and_then_available() {
        String nodeId = fleet.create("alice", "web");
        stores.restoring = true;
        for (Runnable read : List.<Runnable>of(
                () -> queries.getNode(
                        GetNodeRequest.newBuilder().setNodeId(nodeId).build()),
                () -> list(of("user:alice")),
                () -> queries.listTasks(
                        ListTasksRequest.newBuilder().setNodeId(nodeId).build()))) {
            assertThatThrownBy(read::run).satisfies(e -> {
                assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(code(e)).isEqualTo("unavailable");
            });
        }
        stores.restoring = false;
        assertThat(names(list(of("user:alice")))).containsExactly("web");
    }

    @Test
    void terminal_reads_are_handed_on_and_their_failures_typed() {
        assertThat(queries.readHistory(ReadHistoryRequest.newBuilder()
                                .setTerminalId("t")
                                .build())
                        .getTerminals(0)
                        .getTerminalId())
                .isEqualTo("t");
        assertThatThrownBy(() -> queries.readHistory(
                        ReadHistoryRequest.newBuilder().setTerminalId("none").build()))
                .satisfies(e -> assertThat(code(e)).isEqualTo("not-found"));
        assertThatThrownBy(() -> queries.readHistory(ReadHistoryRequest.getDefaultInstance()))
                .hasMessageContaining("error-id")
                .hasMessageNotContaining("a fault of ours")
                .satisfies(e -> assertThat(code(e)).isEqualTo("internal"));
    }

    @Test
    void health_is_told() {
        assertThat(queries.getHealth(GetHealthRequest.getDefaultInstance()).getReady())
                .isTrue();
    }

    @Test
    void an_unknown_label_or_status_matches_nothing() {
        fleet.create("alice", "web");
        assertThat(list(of("user:alice").putLabels("none", "x")).getNodesList()).isEmpty();
        assertThat(list(of("user:alice").addStatusesValue(99)).getNodesList()).isEmpty();
    }
}
