package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.client.Answer;
import dev.muster.fanout.FanoutServer;
import dev.muster.local.UserTokens;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.local.data.DataDir;
import dev.muster.proto.query.v1.AwaitNodeRequest;
import dev.muster.proto.query.v1.GetNodeRequest;
import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import dev.muster.proto.query.v1.RegistryQueryGrpc.RegistryQueryBlockingStub;
import dev.muster.registry.RegistryServer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several registries of one application on one broker: whichever is asked, the answer is the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManyRegistriesTest {
    private static final int NODES = 12;
    private static final Metadata.Key<String> HOP = Metadata.Key.of("muster-hop", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> STALE = Metadata.Key.of("muster-stale", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> NOT_MINE =
            Metadata.Key.of("muster-not-mine", Metadata.ASCII_STRING_MARSHALLER);

    private final List<Registry> registries = new ArrayList<>();
    private final List<String> nodeIds = new ArrayList<>();
    private Path dir;
    private EmbeddedBroker broker;
    private FanoutServer fanout;
    private Api api;

    /** One instance and a connection to it. */
    private record Registry(RegistryServer server, ManagedChannel channel) implements AutoCloseable {
        RegistryQueryBlockingStub ask() {
            return RegistryQueryGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
        }

        RegistryQueryBlockingStub ask(Metadata.Key<String> header, String value) {
            Metadata headers = new Metadata();
            headers.put(header, value);
            return ask().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        }

        boolean owns(String nodeId) {
            try {
                var unused = ask(HOP, "1")
                        .getNode(GetNodeRequest.newBuilder().setNodeId(nodeId).build());
                return true;
            } catch (StatusRuntimeException e) {
                return false;
            }
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.close();
        }
    }

    @BeforeAll
    void start(@TempDir Path temporary) throws Exception {
        dir = temporary;
        broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
        registries.add(registry("a"));
        registries.add(registry("b"));
        DataDir data = new DataDir(dir.resolve("data")).create();
        byte[] key = data.userTokenKey().readOrCreate(new SecureRandom());
        fanout = FanoutServer.start(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "MUSTER_FANOUT_HTTP_PORT",
                "0",
                "MUSTER_FANOUT_USER_KEY_FILE",
                data.userTokenKey().path().toString(),
                "MUSTER_FANOUT_REGISTRY",
                "127.0.0.1:" + registries.get(0).server.grpcPort() + ",127.0.0.1:"
                        + registries.get(1).server.grpcPort()));
        String token = new UserTokens(key, Clock.systemUTC()).mint("alice", List.of("ops"), true, Duration.ofHours(1));
        api = new Api("http://127.0.0.1:" + fanout.httpPort(), token);
        for (Registry registry : registries) {
            registry.server.ready().get(60, TimeUnit.SECONDS);
        }
        for (int i = 0; i < NODES; i++) {
            nodeIds.add(create("node-" + i));
        }
    }

    @AfterAll
    void stop() {
        fanout.close();
        registries.forEach(Registry::close);
        broker.close();
    }

    private Registry registry(String name) throws Exception {
        RegistryServer server = RegistryServer.start(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "MUSTER_REGISTRY_STATE_DIR",
                dir.resolve("registry-" + name).toString(),
                "MUSTER_REGISTRY_GRPC_PORT",
                "0",
                "MUSTER_REGISTRY_METRICS_PORT",
                "0"));
        return new Registry(
                server,
                NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
                        .usePlaintext()
                        .build());
    }

    private String create(String name) {
        List<String> nodeId = new ArrayList<>();
        String body = "{\"name\":\"%s\",\"groups\":[\"ops\"],\"idempotencyKey\":\"%s\"}".formatted(name, name);
        await("node " + name + " is created")
                .atMost(Api.LONG)
                .pollInterval(Duration.ofSeconds(1))
                .pollDelay(Duration.ZERO)
                .untilAsserted(() -> {
                    Answer answer = api.post("/api/v1/nodes", body);
                    assertThat(answer.status()).describedAs(answer.text()).isEqualTo(201);
                    nodeId.add(answer.json().get("node").get("nodeId").asText());
                });
        return nodeId.get(0);
    }

    private static ListNodesRequest list(int limit, String after, String... audiences) {
        return ListNodesRequest.newBuilder()
                .addAllAudiences(List.of(audiences))
                .setLimit(limit)
                .setAfter(after)
                .build();
    }

    /** As a client does: what is moving is asked for again. */
    private static <T> T answered(Callable<T> question) {
        return await("an answer")
                .atMost(Api.LONG)
                .ignoreExceptionsMatching(e -> Status.fromThrowable(e).getCode() == Status.Code.UNAVAILABLE)
                .until(question, answer -> answer != null);
    }

    private static List<String> ids(ListNodesResponse response) {
        return response.getNodesList().stream()
                .map(view -> view.getNode().getNodeId())
                .toList();
    }

    private static String name(Registry registry, String nodeId) {
        return registry.ask()
                .getNode(GetNodeRequest.newBuilder().setNodeId(nodeId).build())
                .getNode()
                .getName();
    }

    private void awaitShared() {
        await("both own something").atMost(Api.LONG).until(() -> {
            Set<Integer> owners = new HashSet<>();
            for (String nodeId : nodeIds) {
                for (int i = 0; i < registries.size(); i++) {
                    if (registries.get(i).owns(nodeId)) {
                        owners.add(i);
                    }
                }
            }
            return owners.size() == registries.size();
        });
    }

    @Test
    void each_answers_for_every_node_and_only_one_owns_it() {
        awaitShared();
        for (String nodeId : nodeIds) {
            for (Registry registry : registries) {
                assertThat(answered(() -> name(registry, nodeId))).startsWith("node-");
                ListTasksRequest tasks =
                        ListTasksRequest.newBuilder().setNodeId(nodeId).build();
                assertThat(answered(() -> registry.ask().listTasks(tasks)).getTasksCount())
                        .isZero();
            }
            assertThat(registries.stream().filter(registry -> registry.owns(nodeId)))
                    .hasSize(1);
        }
    }

    @Test
    void one_that_was_asked_by_another_never_asks_a_third() {
        awaitShared();
        String nodeId = nodeIds.get(0);
        Registry other = registries.stream()
                .filter(registry -> !registry.owns(nodeId))
                .findFirst()
                .orElseThrow();
        assertThatThrownBy(() -> other.ask(HOP, "1")
                        .getNode(GetNodeRequest.newBuilder().setNodeId(nodeId).build()))
                .satisfies(e -> {
                    assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(Status.trailersFromThrowable(e).get(NOT_MINE)).isEqualTo("1");
                    assertThat(Status.trailersFromThrowable(e)
                                    .get(Metadata.Key.of("muster-retry-after-ms", Metadata.ASCII_STRING_MARSHALLER)))
                            .isNotNull();
                });
        // where a copy will do, the standby has one
        await().atMost(Api.LONG).ignoreExceptions().untilAsserted(() -> {
            Metadata both = new Metadata();
            both.put(HOP, "1");
            both.put(STALE, "ok");
            assertThat(other.ask()
                            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(both))
                            .getNode(GetNodeRequest.newBuilder()
                                    .setNodeId(nodeId)
                                    .build())
                            .getNode()
                            .getNodeId())
                    .isEqualTo(nodeId);
        });
    }

    @Test
    void a_failure_of_the_owner_is_told_as_it_is() {
        for (String nodeId : nodeIds) {
            for (Registry registry : registries) {
                GetOutputIndexRequest request = GetOutputIndexRequest.newBuilder()
                        .setNodeId(nodeId)
                        .setTerminalId("none")
                        .build();
                await().atMost(Api.LONG)
                        .untilAsserted(() -> assertThatThrownBy(
                                        () -> registry.ask().getOutputIndex(request))
                                .satisfies(
                                        e -> assertThat(Status.fromThrowable(e).getCode())
                                                .isEqualTo(Status.Code.NOT_FOUND)));
            }
        }
    }

    @Test
    void lists_are_the_same_wherever_the_views_are() {
        awaitShared();
        String[][] sets = {
            {"fleet:*"}, {"user:alice"}, {"user:alice", "group:ops"}, {"user:alice", "group:ops", "fleet:*"}
        };
        for (String[] audiences : sets) {
            for (Registry registry : registries) {
                ListNodesResponse all = answered(() -> registry.ask().listNodes(list(100, "", audiences)));
                assertThat(ids(all))
                        .containsExactlyElementsOf(nodeIds.stream().sorted().toList());
                assertThat(all.getCountsMap()).containsExactly(Map.entry("NEVER_SEEN", (long) NODES));
                assertThat(all.getIndexList()).isEmpty();
                List<String> paged = new ArrayList<>();
                String after = "";
                do {
                    String from = after;
                    ListNodesResponse page = answered(() -> registry.ask().listNodes(list(5, from, audiences)));
                    assertThat(page.getCountsMap()).isEqualTo(all.getCountsMap());
                    paged.addAll(ids(page));
                    after = page.getNext();
                } while (!after.isEmpty());
                assertThat(paged).isEqualTo(ids(all));
            }
        }
        assertThat(answered(() -> registries.get(0).ask().listNodes(list(1, "", "fleet:*")))
                        .getPositionMap())
                .hasSizeGreaterThan(1);
    }

    @Test
    void a_change_is_awaited_wherever_its_views_are() {
        for (Registry registry : registries) {
            for (String nodeId : nodeIds) {
                var unused = registry.ask()
                        .awaitNode(AwaitNodeRequest.newBuilder()
                                .setNodeId(nodeId)
                                .addAudiences("user:alice")
                                .addAudiences("group:ops")
                                .setViewVersion(1)
                                .build());
            }
        }
    }

    @Test
    void a_third_joins_and_one_leaves_and_nothing_is_missed() throws Exception {
        try (Registry third = registry("c")) {
            third.server.ready().get(60, TimeUnit.SECONDS);
            assertThat(ids(answered(() -> third.ask().listNodes(list(100, "", "fleet:*")))))
                    .hasSameElementsAs(nodeIds);
            String nodeId = create("of-three");
            assertThat(answered(() -> name(third, nodeId))).isEqualTo("of-three");
            assertThat(api.delete("/api/v1/nodes/" + nodeId).status()).isEqualTo(204);
        }
        await("two have everything again").atMost(Api.LONG).ignoreExceptions().untilAsserted(() -> {
            for (Registry registry : registries) {
                assertThat(ids(registry.ask().listNodes(list(100, "", "fleet:*"))))
                        .hasSameElementsAs(nodeIds);
            }
        });
    }
}
