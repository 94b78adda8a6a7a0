package dev.muster.bench.cluster;

import dev.muster.bench.report.Progress;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Services in their own processes, on free ports. All their data is in a temporary directory that is deleted with them.
 * The broker runs from the start; the others are started by name.
 */
public final class Cluster implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    private final Path root;
    private final DataDir dir;
    private final UserTokens tokens;
    private final Progress progress;
    private final Deque<ServiceProcess> running = new ConcurrentLinkedDeque<>();
    private final ServiceProcess broker;
    private final int registryPort = Ports.free();
    private final AtomicInteger logs = new AtomicInteger();
    private final Thread whenInterrupted = new Thread(this::removeAll, "bench-clean-up");

    /**
     * @param settings of the broker, in addition to those set here
     * @param progress told which services start
     */
    public Cluster(Map<String, String> settings, Progress progress) throws IOException {
        this.progress = progress;
        root = Files.createTempDirectory("muster-bench");
        Runtime.getRuntime().addShutdownHook(whenInterrupted);
        dir = new DataDir(root.resolve("data")).create();
        SecureRandom random = new SecureRandom();
        tokens = new UserTokens(dir.userTokenKey().readOrCreate(random), Clock.systemUTC());
        dir.agentCredentialKey().readOrCreate(random);
        Map<String, String> all = new HashMap<>(settings);
        all.put("MUSTER_BROKER_PORT", "0");
        all.put("MUSTER_BROKER_DATA_DIR", root.resolve("broker").toString());
        try {
            broker = start("broker", all, 768, List.of());
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    public ServiceProcess broker() {
        return broker;
    }

    public String bootstrapServers() {
        return HOST + ":" + broker.port();
    }

    /** A token of the local admin, good for an hour. */
    public String adminToken() {
        return tokens.mintLocalAdmin();
    }

    /** A token of a user without groups, good for an hour. */
    public String token(String user) {
        return tokens.mint(user, List.of(), false, Duration.ofHours(1));
    }

    public ServiceProcess startRegistry(Map<String, String> settings, int heapMegabytes) throws IOException {
        Map<String, String> all = withBroker(settings);
        all.putIfAbsent("MUSTER_REGISTRY_STATE_DIR", dir.registry().toString());
        all.putIfAbsent("MUSTER_REGISTRY_GRPC_PORT", Integer.toString(registryPort));
        all.putIfAbsent("MUSTER_REGISTRY_METRICS_PORT", "0");
        return start("registry", all, heapMegabytes, List.of());
    }

    public ServiceProcess startIngress(Map<String, String> settings, int heapMegabytes) throws IOException {
        return startIngress(settings, heapMegabytes, List.of());
    }

    /** @param jvmOptions beside those that every service gets */
    public ServiceProcess startIngress(Map<String, String> settings, int heapMegabytes, List<String> jvmOptions)
            throws IOException {
        Map<String, String> all = withBroker(settings);
        all.putIfAbsent("MUSTER_INGRESS_PORT", "0");
        all.put(
                "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                dir.agentCredentialKey().path().toString());
        return start("ingress", all, heapMegabytes, jvmOptions);
    }

    public ServiceProcess startFanout(Map<String, String> settings, int heapMegabytes) throws IOException {
        Map<String, String> all = withBroker(settings);
        all.putIfAbsent("MUSTER_FANOUT_HTTP_PORT", "0");
        all.putIfAbsent("MUSTER_FANOUT_REGISTRY", HOST + ":" + registryPort);
        all.put("MUSTER_FANOUT_USER_KEY_FILE", dir.userTokenKey().path().toString());
        return start("fanout", all, heapMegabytes, List.of());
    }

    /** Bytes on the broker's disk, by topic without its prefix. */
    public Map<String, Long> bytesByTopic() {
        Map<String, Long> bytes = new HashMap<>();
        addLogs(root.resolve("broker").toFile(), bytes);
        return bytes;
    }

    /** Listed, not walked: the broker removes files meanwhile. */
    private static void addLogs(File directory, Map<String, Long> bytes) {
        File[] files = directory.listFiles();
        if (files == null) {
            return;
        }
        String topic = directory.getName().replaceFirst("-[0-9]+$", "").replaceFirst("^muster\\.", "");
        for (File file : files) {
            if (file.isDirectory()) {
                addLogs(file, bytes);
            } else if (file.getName().endsWith(".log")) {
                bytes.merge(topic, file.length(), Long::sum);
            }
        }
    }

    /** One of the start calls, to be run beside others. */
    public interface Start {
        ServiceProcess run(Cluster cluster) throws IOException;
    }

    /** Starts several services at once: each waits mostly for the broker and its own JVM. In the order given. */
    public List<ServiceProcess> startAll(List<Start> starts) throws IOException {
        List<CompletableFuture<ServiceProcess>> all = starts.stream()
                .map(start -> CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return start.run(this);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        task -> new Thread(task, "bench-start").start()))
                .toList();
        try {
            return all.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            throw new IOException("the benchmark's services did not start: " + e.getMessage(), e);
        }
    }

    /** Stops one service; the rest goes on. */
    public void stop(ServiceProcess service) {
        running.remove(service);
        service.close();
    }

    public List<ServiceProcess> running() {
        return List.copyOf(running);
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(whenInterrupted);
        } catch (IllegalStateException interrupted) {
            return; // the hook does it
        }
        end();
    }

    private void removeAll() {
        try {
            end();
        } catch (IOException e) {
            progress.say("left behind: " + root + ", " + e.getMessage());
        }
    }

    private void end() throws IOException {
        // nothing of it is kept: an orderly stop would only take time
        running.forEach(ServiceProcess::kill);
        while (!running.isEmpty()) {
            running.pop().close();
        }
        delete();
    }

    private Map<String, String> withBroker(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("MUSTER_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers());
        return all;
    }

    private ServiceProcess start(String name, Map<String, String> settings, int heapMegabytes, List<String> jvmOptions)
            throws IOException {
        progress.say("starting the " + name);
        Path log = root.resolve(name + "-" + logs.getAndIncrement() + ".log");
        ServiceProcess service = ServiceProcess.start(name, settings, heapMegabytes, jvmOptions, log);
        running.push(service);
        return service;
    }

    private void delete() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
