package dev.muster.local.up;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.agent.Agent;
import dev.muster.agent.AgentConfig;
import dev.muster.agent.AgentException;
import dev.muster.local.DataDir;
import dev.muster.local.StartFailure;
import dev.muster.local.UserTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Real agents on this machine, nodes {@code demo-1} to {@code demo-N}. Each keeps its identity in the data directory, so that it is the same
 * node after a restart. A node that was deleted meanwhile is made anew.
 */
final class DemoFleet implements AutoCloseable {
    private final LocalApi api;
    private final DataDir dir;
    private final String gateway;
    private final Exposure exposure;
    private final List<Agent> agents = new ArrayList<>();

    DemoFleet(LocalApi api, DataDir dir, String gateway, Exposure exposure) {
        this.api = api;
        this.dir = dir;
        this.gateway = gateway;
        this.exposure = exposure;
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

    /** How many of them are ONLINE. */
    int online() throws InterruptedException {
        int online = 0;
        for (Agent agent : snapshot()) {
            Optional<JsonNode> node = api.get("/api/v1/nodes/" + agent.nodeId());
            if (node.isPresent()
                    && node.get().path("node").path("status").asText().equals("ONLINE")) {
                online++;
            }
        }
        return online;
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
            return Agent.start(config(state, invite(name)));
        } catch (AgentException | IOException e) {
            throw StartFailure.from("the demo agent " + name + " could not start", e);
        }
    }

    /** The agent of an earlier run, if it has joined and its node is still there. */
    private Optional<Agent> startKnown(Path state) throws InterruptedException {
        @Nullable Agent agent = null;
        try {
            agent = Agent.start(config(state, null));
            if (api.get("/api/v1/nodes/" + agent.nodeId()).isPresent()) {
                return Optional.of(agent);
            }
            agent.close();
            return Optional.empty();
        } catch (AgentException neverJoined) {
            return Optional.empty();
        }
    }

    private AgentConfig config(Path state, @Nullable String invite) {
        AgentConfig plain = AgentConfig.local(state, gateway, invite);
        return exposure.tls().map(tls -> plain.trusting(tls.certificate())).orElse(plain);
    }

    private String invite(String name) throws InterruptedException {
        Optional<JsonNode> page = api.get("/api/v1/nodes?q=" + name);
        for (JsonNode node : page.map(found -> found.path("nodes")).orElseThrow()) {
            if (node.path("name").asText().equals(name)
                    && node.path("owner").asText().equals(UserTokens.LOCAL_USER)) {
                String path = "/api/v1/nodes/" + node.path("nodeId").asText() + "/invites";
                return token(api.post(path, "{}"));
            }
        }
        return token(api.post("/api/v1/nodes", "{\"name\":\"" + name + "\",\"labels\":{\"demo\":\"true\"}}"));
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
        // Each may take seconds to deliver its last output: all at once.
        snapshot().parallelStream().forEach(Agent::close);
    }
}
