package dev.muster.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A broker, registries, ingress gateways, fan-out gateways and agents, each a process. Parts are named {@code broker},
 * {@code registry-1}, {@code ingress-1}, {@code fanout-1}, {@code agent-NAME}; a restarted part has its old ports.
 */
public final class Installation implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(4);
    private static final String LOOPBACK = "127.0.0.1";

    private final Path dir;
    private final DataDir secrets;
    private final Map<String, Integer> ports = new HashMap<>();
    /** Of parts that were never started: a part that picks a free port must not get theirs. */
    private final Map<String, ServerSocket> held = new HashMap<>();

    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final Map<String, Path> registryDirs = new HashMap<>();
    private final Front front;
    private final int registries;
    private final int ingresses;
    private final int fanouts;
    private final String token;

    private Installation(Path dir, int registries, int ingresses, int fanouts) throws IOException {
        this.dir = Files.createDirectories(dir);
        this.registries = registries;
        this.ingresses = ingresses;
        this.fanouts = fanouts;
        secrets = new DataDir(dir.resolve("secrets")).create();
        byte[] key = secrets.userTokenKey().readOrCreate(new SecureRandom());
        secrets.agentCredentialKey().readOrCreate(new SecureRandom());
        token = new UserTokens(key, Clock.systemUTC()).mint("admin", List.of(), true, Duration.ofHours(12));
        front = new Front(choosePorts());
    }

    /** Starts everything and waits until it is ready. */
    public static Installation start(Path dir, int registries, int ingresses, int fanouts)
            throws IOException, InterruptedException {
        Installation muster = new Installation(dir, registries, ingresses, fanouts);
        try {
            muster.startPart("broker");
            List<String> others = new ArrayList<>();
            for (int i = 1; i <= registries; i++) {
                others.add("registry-" + i);
            }
            for (int i = 1; i <= ingresses; i++) {
                others.add("ingress-" + i);
            }
            for (int i = 1; i <= fanouts; i++) {
                others.add("fanout-" + i);
            }
            for (String part : others) {
                muster.begin(part);
            }
            for (String part : others) {
                muster.awaitReady(part);
            }
            return muster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            muster.close();
            throw e;
        }
    }

    private List<Integer> choosePorts() throws IOException {
        List<String> names = new ArrayList<>(List.of("broker"));
        for (int i = 1; i <= registries; i++) {
            names.addAll(List.of("registry-" + i, "registry-" + i + "-http"));
        }
        for (int i = 1; i <= ingresses; i++) {
            names.addAll(List.of("ingress-" + i, "ingress-" + i + "-http"));
        }
        for (int i = 1; i <= fanouts; i++) {
            names.add("fanout-" + i);
        }
        for (String name : names) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.put(name, socket);
            ports.put(name, socket.getLocalPort());
        }
        List<Integer> gateways = new ArrayList<>();
        for (int i = 1; i <= ingresses; i++) {
            gateways.add(port("ingress-" + i));
        }
        return gateways;
    }

    public String bootstrapServers() {
        return LOOPBACK + ":" + port("broker");
    }

    /** The API of one of the fan-out gateways, from 1. */
    public HttpApi api(int fanout) {
        return new HttpApi("http://" + LOOPBACK + ":" + port("fanout-" + fanout), token);
    }

    /** Where a registry answers queries. */
    int registryPort(String name) {
        return port(name);
    }

    /** Starts each part that has ended, and waits until it is ready. */
    void startEnded() throws IOException, InterruptedException {
        for (String name : List.copyOf(parts.keySet())) {
            if (!name.startsWith("agent-") && !part(name).isAlive()) {
                startPart(name);
            }
        }
    }

    public Part part(String name) {
        Part part = parts.get(name);
        if (part == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return part;
    }

    /** Starts a part, for the first time or again, and waits until it is ready. */
    public void startPart(String name) throws IOException, InterruptedException {
        begin(name);
        awaitReady(name);
    }

    /** Starts a part and does not wait. */
    public void begin(String name) throws IOException {
        Part before = parts.get(name);
        if (before != null && before.isAlive()) {
            throw new IllegalStateException(name + " still runs");
        }
        letGo(name);
        letGo(name + "-http");
        parts.put(name, Part.start(name, heap(name), arguments(name), variables(name), log(name)));
    }

    private void letGo(String port) throws IOException {
        ServerSocket socket = held.remove(port);
        if (socket != null) {
            socket.close();
        }
    }

    /** Waits until a part can do its work. */
    public void awaitReady(String name) throws IOException, InterruptedException {
        Part part = part(name);
        part.awaitSaid(name.startsWith("agent-") ? ": running;" : " serves on port ", START);
        String web = name.startsWith("fanout-") ? name : name + "-http";
        if (!ports.containsKey(web)) {
            return;
        }
        HttpApi probe = new HttpApi("http://" + LOOPBACK + ":" + port(web), token);
        long end = System.nanoTime() + START.toNanos();
        while (probe.status("/readyz", Duration.ofSeconds(5)) != 200) {
            part.requireRuns();
            if (System.nanoTime() > end) {
                throw part.notReady();
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** From its next start on, a registry keeps its state in another, empty directory. */
    public void moveRegistry(String name) throws IOException {
        registryDirs.put(name, Files.createTempDirectory(dir, name + "-"));
    }

    /** Where a registry keeps its state. */
    public Path stateDir(String registry) {
        return registryDirs.computeIfAbsent(registry, dir::resolve);
    }

    /** An agent in a process of its own, connected; the id of its node. */
    public String startAgent(String name) throws IOException, InterruptedException {
        JsonNode created = api(1).createNode(name);
        Path invite = Files.writeString(
                dir.resolve(name + ".invite"),
                created.get("invite").get("token").asText());
        Part agent = Part.start(
                "agent-" + name,
                128,
                List.of(
                        "agent",
                        "--join",
                        "@" + invite,
                        "--gateway",
                        LOOPBACK + ":" + front.port(),
                        "--state-dir",
                        dir.resolve("agent-" + name).toString()),
                Map.of(),
                log("agent-" + name));
        parts.put("agent-" + name, agent);
        awaitReady("agent-" + name);
        String nodeId = created.get("node").get("nodeId").asText();
        var unused = api(1).await(
                        "/api/v1/nodes/" + nodeId,
                        "node",
                        node -> node.get("status").asText().equals("ONLINE"));
        return nodeId;
    }

    @Override
    public void close() {
        // the broker last, so that nothing complains that it is gone; all without mercy, because their data go too
        List<Part> all = new ArrayList<>(parts.values());
        for (int i = all.size() - 1; i >= 0; i--) {
            all.get(i).close();
        }
        try {
            for (String port : List.copyOf(held.keySet())) {
                letGo(port);
            }
            front.close();
        } catch (IOException e) {
            // its port goes with this process
        }
    }

    private int port(String name) {
        Integer port = ports.get(name);
        if (port == null) {
            throw new IllegalArgumentException("there is no port of " + name);
        }
        return port;
    }

    private Path log(String name) {
        return dir.resolve(name + ".log");
    }

    private static int heap(String name) {
        return name.equals("broker") ? 384 : 256;
    }

    private List<String> arguments(String name) {
        int dash = name.indexOf('-');
        return List.of("service", dash < 0 ? name : name.substring(0, dash));
    }

    private Map<String, String> variables(String name) {
        Map<String, String> variables = new HashMap<>();
        variables.put("MUSTER_LOG_LEVEL", "INFO");
        String http = Integer.toString(ports.getOrDefault(name + "-http", 0));
        String own = Integer.toString(port(name));
        if (name.equals("broker")) {
            variables.put("MUSTER_BROKER_PORT", own);
            variables.put("MUSTER_BROKER_DATA_DIR", dir.resolve("broker").toString());
            return variables;
        }
        variables.put("MUSTER_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers());
        if (name.startsWith("registry-")) {
            variables.put("MUSTER_REGISTRY_GRPC_PORT", own);
            variables.put("MUSTER_REGISTRY_METRICS_PORT", http);
            variables.put("MUSTER_REGISTRY_STATE_DIR", stateDir(name).toString());
            variables.put("MUSTER_REGISTRY_STANDBYS", Integer.toString(Math.min(1, registries - 1)));
        } else if (name.startsWith("ingress-")) {
            variables.put("MUSTER_INGRESS_PORT", own);
            variables.put("MUSTER_INGRESS_HTTP_PORT", http);
            variables.put(
                    "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                    secrets.agentCredentialKey().path().toString());
        } else {
            List<String> addresses = new ArrayList<>();
            for (int i = 1; i <= registries; i++) {
                addresses.add(LOOPBACK + ":" + port("registry-" + i));
            }
            variables.put("MUSTER_FANOUT_HTTP_PORT", own);
            variables.put("MUSTER_FANOUT_REGISTRY", String.join(",", addresses));
            variables.put(
                    "MUSTER_FANOUT_USER_KEY_FILE", secrets.userTokenKey().path().toString());
            variables.put("MUSTER_FANOUT_AGENT_ADDRESS", LOOPBACK + ":" + front.port());
        }
        return variables;
    }
}
