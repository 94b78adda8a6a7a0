package dev.muster.bench.latency;

import dev.muster.bench.cluster.Cluster;
import dev.muster.bench.cluster.ServiceProcess;
import dev.muster.bench.load.Channels;
import dev.muster.bench.load.PrintingTerminal;
import dev.muster.bench.load.Provisioner;
import dev.muster.bench.load.SimFleet;
import dev.muster.bench.load.SimNode;
import dev.muster.bench.recovery.HttpApi;
import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A Muster in separate processes, with nodes of several users. Each node has one open terminal. */
final class Stage implements AutoCloseable {
    private static final int CONNECTIONS = 4;
    private static final long HEARTBEAT_MILLIS = 10_000;

    private final Progress progress;
    private final Cluster cluster;
    private final List<ServiceProcess> services;
    private final Channels channels;
    private final SimFleet fleet;
    private final Feed feed;
    private final List<Terminal> terminals = new ArrayList<>();

    /** @param owner the user who may watch it */
    record Terminal(String owner, String nodeId, PrintingTerminal out) {
        /** The op that attaches to it. */
        String attach(String ref, String mode, int lines) {
            return "{\"op\":\"attach\",\"ref\":\"" + ref + "\",\"nodeId\":\"" + nodeId + "\",\"terminal\":\"" + out.id()
                    + "\",\"mode\":\"" + mode + "\",\"lines\":" + lines + "}";
        }
    }

    Stage(Progress progress) throws IOException {
        this.progress = progress;
        cluster = new Cluster(Map.of(), progress);
        try {
            services = cluster.startAll(List.of(
                    c -> c.startRegistry(Map.of(), 512),
                    c -> c.startFanout(Map.of("MUSTER_FANOUT_MUTATIONS_PER_MINUTE", "1000000"), 384),
                    c -> c.startIngress(Map.of(), 384)));
            channels = new Channels(services.get(2).port(), CONNECTIONS);
            fleet = new SimFleet(channels, HEARTBEAT_MILLIS, progress);
            feed = new Feed(services.get(1).port());
        } catch (IOException e) {
            cluster.close();
            throw e;
        }
    }

    Cluster cluster() {
        return cluster;
    }

    ServiceProcess gateway() {
        return services.get(1);
    }

    List<ServiceProcess> processes() {
        return List.of(cluster.broker(), services.get(0), services.get(1), services.get(2));
    }

    Feed feed() {
        return feed;
    }

    String token(String user) {
        return cluster.token(user);
    }

    HttpApi api(String user) {
        return new HttpApi("http://127.0.0.1:" + gateway().port(), token(user));
    }

    /**
     * For each of these users creates a node, connects an agent for it, starts a task there and returns the task's
     * terminal. Everything happens at once: opening one after the other would take longer than a quick run's
     * measurement.
     *
     * @param owners a user may be there several times
     */
    List<Terminal> open(List<String> owners) throws InterruptedException {
        Map<String, CompletableFuture<Queue<SimNode>>> made = new HashMap<>();
        List<CompletableFuture<Queue<SimNode>>> ofEach = new ArrayList<>();
        for (String owner : owners) {
            int count = Collections.frequency(owners, owner);
            ofEach.add(made.computeIfAbsent(owner, user -> async(() -> new ArrayDeque<>(makeNodes(user, count)))));
        }
        List<SimNode> nodes =
                ofEach.stream().map(those -> those.join().remove()).toList();
        int before = fleet.size();
        fleet.connect(nodes, 1_000);
        List<CompletableFuture<String>> tasks = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            HttpApi api = api(owners.get(i));
            SimNode node = nodes.get(i);
            tasks.add(async(() -> startTask(api, node)));
        }
        for (int i = 0; i < nodes.size(); i++) {
            PrintingTerminal out = new PrintingTerminal(
                    channels,
                    before + i,
                    nodes.get(i),
                    fleet.sessionOf(before + i),
                    tasks.get(i).join());
            terminals.add(new Terminal(owners.get(i), nodes.get(i).nodeId(), out));
        }
        return terminals.subList(before, terminals.size());
    }

    private static <T> CompletableFuture<T> async(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, run -> new Thread(run, "bench-start").start());
    }

    private List<SimNode> makeNodes(String owner, int count) {
        try {
            return new Provisioner(api(owner).origin(), () -> token(owner), channels, progress)
                    .make("of-" + owner, count);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("nodes could not be made", e);
        }
    }

    /** Returns its id once it runs. */
    private static String startTask(HttpApi api, SimNode node) {
        try {
            String id = api.startTask(node.nodeId(), SimFleet.OPEN_TASK, "open");
            var unused = api.await(
                    "/api/v1/nodes/" + node.nodeId() + "/tasks/" + id,
                    "task",
                    task -> task.path("state").asText().equals("RUNNING"));
            return id;
        } catch (InterruptedException e) {
            throw new IllegalStateException("a terminal could not be opened", e);
        }
    }

    /**
     * Output streams that ended or were asked to send again, and control streams that were lost: with them, figures
     * mean little.
     */
    long badStreams() {
        long bad = 0;
        for (Terminal terminal : terminals) {
            String wrong = terminal.out().whatIsWrong();
            if (wrong != null) {
                progress.say(wrong);
                bad++;
            }
        }
        fleet.errors().forEach((status, count) -> progress.say(count + " control streams ended: " + status));
        return bad + fleet.errors().values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void close() throws IOException {
        feed.close();
        terminals.forEach(terminal -> terminal.out().cancel());
        fleet.close();
        channels.close();
        cluster.close();
    }
}
