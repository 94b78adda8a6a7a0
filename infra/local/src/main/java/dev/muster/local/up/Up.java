package dev.muster.local.up;

import dev.muster.fanout.FanoutServer;
import dev.muster.kit.process.Closer;
import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.local.Services;
import dev.muster.local.UserTokens;
import dev.muster.local.broker.EmbeddedBroker;
import dev.muster.local.broker.Topics;
import dev.muster.local.data.DataDir;
import dev.muster.local.data.LocalAddress;
import dev.muster.local.data.Ports;
import dev.muster.local.data.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A whole Muster in this process: broker, registry, both gateways and, if asked for, demo agents. An instance starts
 * once and stops once. It keeps everything in the data directory, so the next start continues from there, also after
 * {@code kill -9}.
 */
public final class Up implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final String TRANSACTION_TIMEOUT_MS = "30000";

    private final UpOptions options;
    private final DataDir dir;
    private final Map<String, String> variables;
    private final Progress progress;
    private final Consumer<String> onFatal;
    private final Closer closer = new Closer();
    private final long began = System.nanoTime();
    private final Patience patience = new Patience(this::say, closer::requireOpen);

    /**
     * @param variables settings of the services, as in the environment; the options take precedence
     * @param onFatal told why, if Muster can no longer run after it was ready
     */
    public Up(UpOptions options, Map<String, String> variables, Progress progress, Consumer<String> onFatal) {
        this.options = options;
        this.dir = options.dir();
        this.variables = variables;
        this.progress = progress;
        this.onFatal = reason -> {
            patience.failed(reason + "; the log is in " + dir.logs());
            onFatal.accept(reason);
        };
    }

    /**
     * Returns when the page loads and the demo nodes are online.
     *
     * @return an address that signs one browser in as the local admin
     * @throws StartFailure in one line; what was started is stopped
     */
    public String start() throws InterruptedException {
        try {
            return startAll();
        } catch (Closer.StoppedException e) {
            throw new StartFailure(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException | InterruptedException e) {
            closer.close();
            throw e;
        }
    }

    private String startAll() throws InterruptedException {
        closer.add("lock", dir.lock(this::say));
        dir.createParts();
        Exposure exposure = options.exposure();
        Ports.requireFree(exposure.pageHost(), options.httpPort(), "the page", "choose another with --http-port");
        Ports.requireFree(exposure.agentHost(), options.grpcPort(), "agents", "choose another with --grpc-port");
        Ports.requireFree(options.kafkaPort(), "Kafka", "choose another with --kafka-port");
        SecureRandom random = new SecureRandom();
        UserTokens tokens = new UserTokens(dir.userTokenKey().readOrCreate(random), Clock.systemUTC());
        dir.agentCredentialKey().readOrCreate(random);

        say("starting the broker on " + dir.broker());
        EmbeddedBroker broker = closer.add(
                "broker",
                EmbeddedBroker.start(
                        dir.broker(),
                        options.kafkaPort(),
                        failure -> onFatal.accept("the broker: " + failure.reason())));
        // a free port may be one that the user asked for by its number, whose service does not listen yet
        List<Integer> free = new ArrayList<>(Ports.free(4));
        free.removeAll(List.of(options.httpPort(), options.grpcPort()));
        int grpcPort = options.grpcPort() == 0 ? free.get(0) : options.grpcPort();
        Map<String, String> settings = settings(broker, grpcPort, free.get(1));
        Topics.ensure(KafkaSettings.from(new Env(settings)));
        say("starting the registry and both gateways");
        FanoutServer fanout = startServices(settings);
        String url = "http://" + literal(Exposure.fromHere(exposure.pageHost())) + ":" + fanout.httpPort();
        LocalApi api = new LocalApi(url, tokens, patience);
        AtomicReference<String> unready = new AtomicReference<>("");
        await("the pipeline moves", unready::get, () -> {
            Optional<String> now = api.unready();
            unready.set(now.orElse(""));
            return now.isEmpty();
        });
        if (options.demo() > 0) {
            startDemo(api, agentsFromHere(exposure, grpcPort));
        }
        publishAddress(new LocalAddress(
                url,
                agentsFromHere(exposure, grpcPort),
                broker.bootstrapServers(),
                ProcessHandle.current().pid()));
        if (exposure.pageIsOnlyHere()) {
            say("the page has no TLS and answers this machine alone; from another: ssh -L " + fanout.httpPort() + ":"
                    + HOST + ":" + fanout.httpPort() + " " + exposure.advertised());
        }
        say("ready");
        return "http://" + literal(exposure.pageName()) + ":" + fanout.httpPort() + "/signin?code="
                + fanout.issueSignInCode(UserTokens.LOCAL_USER, List.of(), true);
    }

    /** Starts all services at once: each mostly waits for the broker. */
    private FanoutServer startServices(Map<String, String> settings) throws InterruptedException {
        ExecutorService starters = Executors.newFixedThreadPool(3, task -> new Thread(task, "start"));
        try {
            ExecutorCompletionService<AutoCloseable> started = new ExecutorCompletionService<>(starters);
            List<Callable<AutoCloseable>> starts = List.of(
                    () -> started("registry", Services.start("registry", settings, this::say, onFatal)),
                    () -> started("ingress gateway", Services.start("ingress", settings, this::say, onFatal)),
                    () -> started("fan-out gateway", fanout(settings)));
            starts.forEach(started::submit);
            List<AutoCloseable> running = new ArrayList<>();
            for (int i = 0; i < starts.size(); i++) {
                running.add(started.take().get());
            }
            return running.stream()
                    .filter(FanoutServer.class::isInstance)
                    .map(FanoutServer.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (ExecutionException e) {
            throw StartFailure.from("a service could not start", e);
        } finally {
            starters.shutdown();
        }
    }

    private FanoutServer fanout(Map<String, String> settings) throws IOException, InterruptedException {
        FanoutServer fanout = FanoutServer.start(settings);
        var unused = fanout.failed().thenAccept(reason -> onFatal.accept("the fan-out gateway: " + reason));
        return fanout;
    }

    private <T extends AutoCloseable> T started(String name, T service) {
        closer.add(name, service);
        say(name + " runs");
        return service;
    }

    private void startDemo(LocalApi api, String gateway) throws InterruptedException {
        DemoFleet fleet = closer.add("demo agents", new DemoFleet(api, dir, gateway, options.exposure(), this::say));
        fleet.start(options.demo());
        List<String> missing = new ArrayList<>();
        await(
                options.demo() == 1 ? "demo-1 is online" : "demo-1 to demo-" + options.demo() + " are online",
                () -> String.join(", ", missing),
                () -> {
                    missing.clear();
                    missing.addAll(fleet.missing());
                    return missing.isEmpty();
                });
    }

    private Map<String, String> settings(EmbeddedBroker broker, int grpcPort, int registryPort) {
        Map<String, String> settings = new HashMap<>();
        variables.forEach((name, value) -> {
            if (name.startsWith("MUSTER_")) {
                settings.put(name, value);
            }
        });
        settings.put("MUSTER_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        Exposure exposure = options.exposure();
        settings.put("MUSTER_INGRESS_BIND", exposure.agentHost());
        exposure.tls().ifPresent(tls -> {
            settings.put("MUSTER_INGRESS_TLS_CERT_FILE", tls.certificate().toString());
            settings.put("MUSTER_INGRESS_TLS_KEY_FILE", tls.key().toString());
        });
        if (exposure.plaintext()) {
            settings.put("MUSTER_INGRESS_PLAINTEXT", "true");
        }
        settings.put("MUSTER_INGRESS_PORT", Integer.toString(grpcPort));
        settings.put(
                "MUSTER_INGRESS_CREDENTIAL_KEY_FILE",
                dir.agentCredentialKey().path().toString());
        // no other instance could keep a copy
        settings.putIfAbsent("MUSTER_REGISTRY_STANDBYS", "0");
        // The next start takes over at once, and no other instance waits for a transaction of this one. So a machine
        // that stalls the process for some seconds is no reason to abort the transaction.
        settings.putIfAbsent("MUSTER_REGISTRY_TRANSACTION_TIMEOUT_MS", TRANSACTION_TIMEOUT_MS);
        settings.put("MUSTER_REGISTRY_STATE_DIR", dir.registry().toString());
        settings.put("MUSTER_REGISTRY_GRPC_PORT", Integer.toString(registryPort));
        settings.putIfAbsent("MUSTER_REGISTRY_METRICS_PORT", "0");
        settings.put("MUSTER_FANOUT_HTTP_HOST", exposure.pageHost());
        settings.put("MUSTER_FANOUT_HTTP_PORT", Integer.toString(options.httpPort()));
        settings.put("MUSTER_FANOUT_REGISTRY", HOST + ":" + registryPort);
        settings.put("MUSTER_FANOUT_USER_KEY_FILE", dir.userTokenKey().path().toString());
        settings.put("MUSTER_FANOUT_AGENT_ADDRESS", literal(exposure.advertised()) + ":" + grpcPort);
        settings.put("MUSTER_FANOUT_AGENT_OPTIONS", exposure.joinOptions());
        return settings;
    }

    /** The certificate is for the name that other machines use, so agents on this machine use that name too. */
    private static String agentsFromHere(Exposure exposure, int grpcPort) {
        String host = exposure.tls().isPresent() ? exposure.advertised() : Exposure.fromHere(exposure.agentHost());
        return literal(host) + ":" + grpcPort;
    }

    /** The host as it stands in an address with a port. */
    private static String literal(String host) {
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private void publishAddress(LocalAddress address) {
        address.write(dir.addressFile());
        closer.add("address", () -> Files.deleteIfExists(dir.addressFile()));
    }

    private void await(String what, Supplier<String> detail, Patience.Condition condition) throws InterruptedException {
        patience.await("until " + what, detail, condition);
        say(what);
    }

    private void say(String line) {
        progress.say("%5.1f s  %s".formatted((System.nanoTime() - began) / 1e9, line));
    }

    /** Stops everything, the latest first. May be called while it starts. */
    @Override
    public void close() {
        closer.close();
    }
}
