package dev.muster.e2e.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.Agent;
import dev.muster.agent.identity.StateDir;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.Reach;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.IngressServer;
import dev.muster.ingress.auth.Credentials;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real agents that run commands, behind a balancer, while the gateway that they are at is drained or restarted. */
final class RollingDrainTest {
    private static final byte[] KEY = new byte[32];
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int AGENTS = 40;
    private static final int PRINTING = 8;
    private static final int LINES = 200;

    private final Ids ids = new Ids();
    private final List<Agent> agents = new ArrayList<>();

    @TempDir
    Path dir;

    private EmbeddedBroker broker;
    private Topics topics;
    private FaultyProxy balancer;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(
                dir.resolve("key"), Base64.getUrlEncoder().withoutPadding().encodeToString(KEY));
        broker = EmbeddedBroker.start(dir.resolve("kafka"), 0);
        topics = new Topics(broker.bootstrapServers());
        balancer = new FaultyProxy();
    }

    @AfterEach
    void stop() {
        agents.parallelStream().forEach(Agent::close);
        balancer.close();
        topics.close();
        broker.close();
    }

    @Test
    void a_drain_disturbs_no_task_loses_no_byte_and_leaves_no_moment_without_a_session() throws Exception {
        try (IngressServer second = gateway(Map.of())) {
            Map<String, String> tasks = new HashMap<>();
            List<String> nodes;
            try (IngressServer first = gateway(Map.of("MUSTER_INGRESS_DRAIN_MS", "8000"))) {
                balancer.to(first.port());
                nodes = startAgents();
                List<NodeEventRecord> connected =
                        events().stream().filter(NodeEventRecord::hasConnected).toList();
                for (NodeEventRecord session : connected.subList(0, PRINTING)) {
                    tasks.put(session.getNodeId(), dispatch(session));
                }
                await().atMost(PATIENCE).until(() -> output().keySet().containsAll(tasks.values()));
                balancer.to(second.port());
            }
            List<NodeEventRecord> events = events();
            for (String node : nodes) {
                List<NodeEventRecord> own = events.stream()
                        .filter(event -> event.getNodeId().equals(node))
                        .filter(event -> event.hasConnected() || event.hasDisconnected())
                        .toList();
                assertThat(own).as("sessions of %s", node).hasSize(3);
                // the second begins before the first ends
                assertThat(own).extracting(NodeEventRecord::hasConnected).containsExactly(true, true, false);
                assertThat(own.get(2).getSessionId()).isEqualTo(own.get(0).getSessionId());
            }
            await().atMost(PATIENCE).until(() -> ended().keySet().containsAll(tasks.values()));
            assertThat(ended()).allSatisfy((task, codes) -> assertThat(codes).containsExactly(7));
            StringBuilder expected = new StringBuilder();
            for (int i = 1; i <= LINES; i++) {
                expected.append("line ").append(i).append('\n');
            }
            for (String task : tasks.values()) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(output().get(task)).isEqualTo(expected.toString()));
            }
        }
    }

    @Test
    void after_a_restart_all_come_back_once_and_stay() throws Exception {
        List<String> nodes;
        try (IngressServer first = gateway(Map.of("MUSTER_INGRESS_DRAIN_MS", "0"))) {
            balancer.to(first.port());
            nodes = startAgents();
        }
        try (IngressServer again = gateway(Map.of())) {
            balancer.to(again.port());
            await().atMost(PATIENCE).until(() -> Metrics.sum(again, "muster_ingress_sessions") == AGENTS);
            // three heartbeats later no agent has missed one
            double heard = Metrics.sum(again, "muster_ingress_heartbeats_total");
            await().atMost(PATIENCE)
                    .until(() -> Metrics.sum(again, "muster_ingress_heartbeats_total") > heard + 3 * AGENTS);
            Map<String, Long> connects = events().stream()
                    .filter(NodeEventRecord::hasConnected)
                    .collect(Collectors.groupingBy(NodeEventRecord::getNodeId, Collectors.counting()));
            assertThat(connects)
                    .containsOnlyKeys(nodes)
                    .allSatisfy((node, count) -> assertThat(count).isEqualTo(2));
        }
    }

    private IngressServer gateway(Map<String, String> more) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of(
                "MUSTER_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                dir.resolve("key").toString(),
                "MUSTER_INGRESS_HEARTBEAT_INTERVAL_MS",
                "2000",
                "MUSTER_INGRESS_PORT",
                "0"));
        settings.putAll(more);
        return IngressServer.start(settings);
    }

    /** As if they had joined; their nodes. */
    private List<String> startAgents() throws Exception {
        List<String> nodes = new ArrayList<>();
        for (int i = 0; i < AGENTS; i++) {
            String node = ids.make(Ids.Kind.NODE, i);
            nodes.add(node);
            topics.write(
                    Topic.NODES,
                    node,
                    NodeRecord.newBuilder()
                            .setNodeId(node)
                            .setEnabled(true)
                            .setCredentialGeneration(1)
                            .build());
            Path state = dir.resolve(node);
            String address = "127.0.0.1:" + balancer.port();
            try (StateDir joined = StateDir.open(state)) {
                joined.joined(
                        node,
                        "agent-" + i,
                        new Credentials(KEY).mint(node, 1),
                        "none",
                        new Reach(address, true, null, null, null));
            }
            agents.add(Agent.start(AgentConfig.local(state, address, null)));
        }
        await().atMost(PATIENCE)
                .until(() ->
                        events().stream().filter(NodeEventRecord::hasConnected).count() == AGENTS);
        return nodes;
    }

    private String dispatch(NodeEventRecord session) throws Exception {
        String task = ids.make(Ids.Kind.TASK, 0);
        topics.write(
                Topic.DISPATCH,
                session.getGatewayId(),
                DispatchRecord.newBuilder()
                        .setDispatchId(task)
                        .setGatewayId(session.getGatewayId())
                        .setNodeId(session.getNodeId())
                        .setSessionId(session.getSessionId())
                        .setRunTask(RunTask.newBuilder()
                                .setTaskId(task)
                                .setSequence(1)
                                .setCommand("i=0; while [ $i -lt " + LINES
                                        + " ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 7"))
                        .build());
        return task;
    }

    private List<NodeEventRecord> events() throws Exception {
        return topics.read(Topic.NODE_EVENTS, NodeEventRecord.class);
    }

    /** Exit codes by task, without repeats. */
    private Map<String, Set<Integer>> ended() throws Exception {
        return events().stream()
                .filter(event -> event.getTaskEvent().hasEnded())
                .collect(Collectors.groupingBy(
                        event -> event.getTaskEvent().getTaskId(),
                        Collectors.mapping(
                                event -> event.getTaskEvent().getEnded().getExitCode(), Collectors.toSet())));
    }

    /** What each terminal printed, up to the first hole. */
    private Map<String, String> output() throws Exception {
        Map<String, TreeMap<Long, OutputChunk>> chunks = new HashMap<>();
        for (OutputRecord record : topics.read(Topic.STDOUT, OutputRecord.class)) {
            for (OutputChunk chunk : record.getChunksList()) {
                if (!chunk.hasMarker()) {
                    chunks.computeIfAbsent(chunk.getTerminalId(), none -> new TreeMap<>())
                            .merge(
                                    chunk.getOffset(),
                                    chunk,
                                    (a, b) -> a.getData().size() >= b.getData().size() ? a : b);
                }
            }
        }
        Map<String, String> texts = new HashMap<>();
        chunks.forEach((terminal, all) -> {
            StringBuilder text = new StringBuilder();
            all.forEach((offset, chunk) -> {
                String data = chunk.getData().toStringUtf8();
                if (offset <= text.length() && offset + data.length() > text.length()) {
                    text.append(data.substring((int) (text.length() - offset)));
                }
            });
            texts.put(terminal, text.toString());
        });
        return texts;
    }
}
