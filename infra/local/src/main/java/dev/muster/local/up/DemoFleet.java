package dev.muster.local.up;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.settings.NotJoinedException;
import dev.muster.client.Answer;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Real agents on this machine, nodes {@code demo-1} to {@code demo-N}. Each agent keeps its identity in the data
 * directory, so it is the same node after a restart. An agent without an identity takes the node with its name. A node
 * is created only if there is none, under an idempotency key that is the same at every start, so no start creates a
 * second one. A deleted node is created again under the next key.
 */
final class DemoFleet implements AutoCloseable {
    /** The largest number of deletions of one node that the server remembers; each has used up a key. */
    private static final int KEYS_MAX = 1_000;

    private final LocalApi api;
    private final DataDir dir;
    private final String gateway;
    private final Exposure exposure;
    private final Progress progress;
    private final List<Agent> agents = new ArrayList<>();

    DemoFleet(LocalApi api, DataDir dir, String gateway, Exposure exposure, Progress progress) {
        this.api = api;
        this.dir = dir;
        this.gateway = gateway;
        this.exposure = exposure;
        this.progress = progress;
    }

    /** Starts the agents; they connect by themselves. */
    void start(int count) throws InterruptedException {
        for (int i = 1; i <= count; i++) {
            Agent agent = start("demo-" + i);
            synchronized (agents) {
                agents.add(agent);
            }
        }
    }

    /** The nodes that are not ONLINE, each with its status. */
    List<String> missing() throws InterruptedException {
        List<String> missing = new ArrayList<>();
        for (Agent agent : snapshot()) {
            Optional<JsonNode> node = api.get("/api/v1/nodes/" + agent.nodeId());
            String status = node.map(found -> found.path("node").path("status").asText())
                    .orElse("deleted");
            if (!status.equals("ONLINE")) {
                missing.add(node.map(found -> found.path("node").path("name").asText())
                                .orElse(agent.nodeId())
                        + " is " + status.toLowerCase(Locale.ROOT).replace('_', ' '));
            }
        }
        return missing;
    }

    private Agent start(String name) throws InterruptedException {
        Path state = dir.demo(name);
        try {
            if (Files.isDirectory(state)) {
                Optional<Agent> known = startKnown(state);
                if (known.isPresent()) {
                    return known.get();
                }
                delete(state);
            }
            Files.createDirectories(state.getParent() == null ? state : state.getParent());
            return Agent.start(config(state, invite(name)), line -> progress.say(name + ": " + line));
        } catch (AgentException | IOException e) {
            throw StartFailure.from("the demo agent " + name + " could not start", e);
        }
    }

    /**
     * The agent of an earlier run. Empty if it never joined, or its node is gone. An agent that cannot start for
     * another reason is a failure: its identity and its output stay.
     */
    private Optional<Agent> startKnown(Path state) throws AgentException, InterruptedException {
        Agent agent;
        try {
            agent = Agent.start(config(state, null));
        } catch (NotJoinedException e) {
            return Optional.empty();
        }
        boolean kept = false;
        try {
            kept = api.get("/api/v1/nodes/" + agent.nodeId()).isPresent();
        } finally {
            if (!kept) {
                agent.close();
            }
        }
        return kept ? Optional.of(agent) : Optional.empty();
    }

    private AgentConfig config(Path state, @Nullable String invite) {
        AgentConfig plain = AgentConfig.local(state, gateway, invite);
        return exposure.tls().map(tls -> plain.trusting(tls.certificate())).orElse(plain);
    }

    private String invite(String name) throws InterruptedException {
        Optional<JsonNode> page = api.get("/api/v1/nodes?limit=10000&q=" + name);
        for (JsonNode node : page.map(found -> found.path("nodes")).orElseThrow()) {
            if (node.path("name").asText().equals(name)
                    && node.path("owner").asText().equals(UserTokens.LOCAL_USER)) {
                return furtherInvite(node.path("nodeId").asText());
            }
        }
        return make(name);
    }

    private String furtherInvite(String nodeId) throws InterruptedException {
        String path = "/api/v1/nodes/" + nodeId + "/invites";
        String key = "{\"idempotencyKey\":\"" + UUID.randomUUID() + "\"}";
        return token(LocalApi.expect("POST", path, api.post(path, key)));
    }

    /** The first node under the keys of this name that was not deleted. */
    private String make(String name) throws InterruptedException {
        for (int number = 1; ; number++) {
            Answer answer = api.post(
                    "/api/v1/nodes",
                    "{\"name\":\"%s\",\"labels\":{\"demo\":\"true\"},\"idempotencyKey\":\"up/%s/%d\"}"
                            .formatted(name, name, number));
            boolean taken = answer.status() == 410 || answer.status() == 409;
            if (!taken || number == KEYS_MAX) {
                JsonNode made = LocalApi.expect("POST", "/api/v1/nodes", answer);
                // a node that now has another name has used its first invite
                boolean isNew = made.path("node").path("name").asText().equals(name);
                return isNew
                        ? token(made)
                        : furtherInvite(made.path("node").path("nodeId").asText());
            }
        }
    }

    private static String token(JsonNode answer) {
        return answer.path("invite").path("token").asText();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private List<Agent> snapshot() {
        synchronized (agents) {
            return List.copyOf(agents);
        }
    }

    @Override
    public void close() {
        // Each agent may take seconds to deliver its last output, so all are closed at once.
        snapshot().parallelStream().forEach(Agent::close);
    }
}
