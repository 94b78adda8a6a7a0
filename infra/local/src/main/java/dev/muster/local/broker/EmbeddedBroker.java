package dev.muster.local.broker;

import dev.muster.local.data.Ports;
import dev.muster.local.data.StartFailure;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real Kafka broker in this process, its own controller, on loopback, with its logs in one directory.
 *
 * <p>It has no authentication, so it never listens on another address. After a restart, clean or after {@code kill -9},
 * it has every acknowledged record. Kafka's exit and halt procedures are process-wide: from the first start on, a call
 * that would have ended the JVM is reported to the latest broker's callback instead.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final int FREE_PORT_ATTEMPTS = 5;

    /** Kafka makes index files of some megabytes each; with less room than this a write may fail in the middle. */
    static final long DISK_FREE_BYTES_MIN = 32L << 20;

    private final RunningServer server;
    private final BrokerDisk disk;
    private final int port;

    private EmbeddedBroker(RunningServer server, BrokerDisk disk, int port) {
        this.server = server;
        this.disk = disk;
        this.port = port;
    }

    /** Starts with a callback that only logs. */
    public static EmbeddedBroker start(Path directory, int port) {
        return start(directory, port, failure -> {});
    }

    /**
     * Returns when the broker serves requests.
     *
     * @param port 0 takes a free one
     * @param onFatal told, on one of Kafka's threads, why the broker can no longer be used
     * @throws StartFailure in one line, where it cannot start
     */
    public static EmbeddedBroker start(Path directory, int port, Consumer<BrokerFailure> onFatal) {
        return start(directory, port, DISK_FREE_BYTES_MIN, onFatal);
    }

    /** @param diskFreeBytesMin with less free room on its disk the broker does not start, and stops when it runs */
    static EmbeddedBroker start(Path directory, int port, long diskFreeBytesMin, Consumer<BrokerFailure> onFatal) {
        return start(directory, port, diskFreeBytesMin, onFatal, () -> Ports.free(2));
    }

    /** @param freePorts asked for two that differ before each attempt */
    static EmbeddedBroker start(
            Path directory,
            int port,
            long diskFreeBytesMin,
            Consumer<BrokerFailure> onFatal,
            Supplier<List<Integer>> freePorts) {
        Ports.requireFree(port, "Kafka", "");
        KafkaExits exits = KafkaExits.reportedTo(onFatal);
        boolean isNew = format(directory);
        BrokerDisk disk = BrokerDisk.of(directory, diskFreeBytesMin, onFatal);
        disk.requireRoom();
        for (int attempt = 1; ; attempt++) {
            exits.starting();
            List<Integer> free = freePorts.get();
            int chosen = port == 0 ? free.get(0) : port;
            int controller = free.get(1) == chosen ? free.get(0) : free.get(1);
            try {
                if (!isNew || attempt > 1) {
                    StaleRegistration.remove(directory, controller);
                }
                RunningServer server = RunningServer.start(BrokerConfig.of(directory, chosen, controller));
                exits.started(server);
                disk.watch();
                return new EmbeddedBroker(server, disk, chosen);
            } catch (RuntimeException e) {
                if (attempt < FREE_PORT_ATTEMPTS && isTakenPort(e)) {
                    continue;
                }
                throw e instanceof StartFailure ? e : StartFailure.from("the broker could not start", e);
            }
        }
    }

    /**
     * Starts on a free port, but tells clients to connect to another port of this machine: that of a proxy in front of
     * the broker.
     *
     * @throws StartFailure in one line, if the broker cannot start
     */
    public static EmbeddedBroker startBehind(Path directory, int advertisedPort) {
        KafkaExits exits = KafkaExits.reportedTo(failure -> {});
        format(directory);
        List<Integer> free = Ports.free(2);
        int port = free.get(0);
        Map<String, String> config = BrokerConfig.of(directory, port, free.get(1));
        config.put("advertised.listeners", "PLAINTEXT://" + BrokerConfig.HOST + ":" + advertisedPort);
        try {
            RunningServer server = RunningServer.start(config);
            exits.started(server);
            return new EmbeddedBroker(server, BrokerDisk.of(directory, 0, failure -> {}), port);
        } catch (RuntimeException e) {
            throw StartFailure.from("the broker could not start", e);
        }
    }

    public String bootstrapServers() {
        return BrokerConfig.HOST + ":" + port;
    }

    public int port() {
        return port;
    }

    /** Stops cleanly: the next start needs no recovery. */
    @Override
    public void close() {
        disk.close();
        server.close();
    }

    /** Returns whether the directory was new. */
    private static boolean format(Path directory) {
        if (Files.exists(directory.resolve("meta.properties"))) {
            return false;
        }
        try {
            Files.createDirectories(directory);
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(BrokerConfig.NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName(BrokerConfig.CONTROLLER_LISTENER)
                    .setIgnoreFormatted(true)
                    .run();
            return true;
        } catch (Exception e) {
            throw StartFailure.from("cannot format the broker's directory " + directory, e);
        }
    }

    private static boolean isTakenPort(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException
                    || String.valueOf(cause.getMessage()).contains("failed to bind")) {
                return true;
            }
        }
        return false;
    }
}
