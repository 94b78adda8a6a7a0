package dev.muster.registry.query;

import static dev.muster.registry.query.QueryFixture.code;
import static dev.muster.registry.query.QueryFixture.names;
import static dev.muster.registry.query.QueryFixture.over;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetTaskRequest;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.registry.control.ControlFleet;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reads of one node and its tasks, and what is answered when something cannot be. */
class QueryServiceTest {
    private final QueryFixture service = new QueryFixture();
    private final ControlFleet fleet = service.fleet;
    private final RegistryQueryGrpc.RegistryQueryBlockingStub queries = service.queries;

    @AfterEach
    void close() {
        service.close();
    }

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

    @Test
    void a_store_that_is_restoring_is_unavailable_and_then_available() {
        String nodeId = fleet.create("alice", "web");
        service.stores.restoring = true;
        for (Runnable read : List.<Runnable>of(
                () -> queries.getNode(
                        GetNodeRequest.newBuilder().setNodeId(nodeId).build()),
                () -> queries.listNodes(over("user:alice").build()),
                () -> queries.listTasks(
                        ListTasksRequest.newBuilder().setNodeId(nodeId).build()))) {
            assertThatThrownBy(read::run).satisfies(e -> {
                assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(code(e)).isEqualTo("unavailable");
            });
        }
        service.stores.restoring = false;
        assertThat(names(queries.listNodes(over("user:alice").build()))).containsExactly("web");
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
    void until_the_registry_serves_a_read_is_unavailable() {
        try (QueryServer starting = new QueryServer(QueryFixture.SETTINGS)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", starting.port())
                    .usePlaintext()
                    .build();
            assertThatThrownBy(() ->
                            RegistryQueryGrpc.newBlockingStub(channel).getNode(GetNodeRequest.getDefaultInstance()))
                    .satisfies(e -> assertThat(code(e)).isEqualTo("unavailable"));
            channel.shutdownNow();
        }
    }

    @Test
    void an_answer_never_repeats_more_of_a_request_than_a_header_has_room_for() {
        for (String text :
                List.of("none" + "x".repeat(50_000), "none" + "\u4f60".repeat(5_000), "none%".repeat(2_000))) {
            for (MethodDescriptor<?, ?> method :
                    RegistryQueryGrpc.getServiceDescriptor().getMethods()) {
                ask(method, text);
            }
        }
    }

    /** All texts of the request are this one. */
    @SuppressWarnings("unchecked") // methods of this service take and give messages
    private void ask(MethodDescriptor<?, ?> any, String text) {
        MethodDescriptor<Message, Message> method = (MethodDescriptor<Message, Message>) any;
        MethodDescriptor.PrototypeMarshaller<Message> requests =
                (MethodDescriptor.PrototypeMarshaller<Message>) method.getRequestMarshaller();
        Message.Builder request = Objects.requireNonNull(requests.getMessagePrototype()).toBuilder();
        for (FieldDescriptor field : request.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                if (field.isRepeated()) {
                    request.addRepeatedField(field, text);
                } else {
                    request.setField(field, text);
                }
            }
        }
        try {
            ClientCalls.blockingUnaryCall(
                    service.channel,
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                    request.build());
        } catch (StatusRuntimeException e) {
            assertThat(ErrorCode.of(code(e)))
                    .as(method.getBareMethodName() + ": " + e.getMessage())
                    .isPresent()
                    .get()
                    .isNotEqualTo(ErrorCode.INTERNAL);
        }
    }
}
