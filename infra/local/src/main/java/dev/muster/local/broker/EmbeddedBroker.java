package dev.muster.local.broker;

import dev.muster.local.Ports;
import dev.muster.local.StartFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kafka broker in this process, its own controller, on loopback, with its logs in one directory.
 *
 * <p>It has no authentication, so it never listens anywhere else. A restart, clean or after {@code kill -9}, finds all
 * that was acknowledged. Kafka's exit and halt procedures are process-wide: from the first start on, what would have
 * ended the JVM is reported to the latest broker's callback instead.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
    private static final int FREE_PORT_ATTEMPTS = 5;

    private final KafkaRaftServer server;
    private final int port;

    private EmbeddedBroker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /** The port of the last start, kept beside the logs. */
    private static final String PORT_FILE = "muster.port";

    /** Starts with a callback that only logs. */
    public static EmbeddedBroker start(Path directory, int port) {
        return start(directory, port, failure -> {});
    }

    /**
     * Returns when the broker serves requests.
     *
     * @param port 0 takes the one of the last start, or a free one
     * @param onFatal told, on one of Kafka's threads, why the broker can no longer be used
     * @throws StartFailure in one line, where it cannot start
     */
    public static EmbeddedBroker start(Path directory, int port, Consumer<BrokerFailure> onFatal) {
        Ports.requireFree(port, "Kafka", "");
        reportInsteadOfExit(onFatal);
        format(directory);
        int before = rememberedPort(directory);
        for (int attempt = 1; ; attempt++) {
            int chosen = port != 0 ? port : attempt == 1 && Ports.isFree(before) ? before : Ports.free();
            try {
                KafkaRaftServer server = startServer(directory, chosen, Ports.free());
                if (before != 0 && before != chosen) {
                    server = again(server, directory, chosen);
                }
                if (before != 0) {
                    LeftTransactions.end(BrokerConfig.HOST + ":" + chosen);
                }
                Files.writeString(directory.resolve(PORT_FILE), Integer.toString(chosen));
                return new EmbeddedBroker(server, chosen);
            } catch (IOException e) {
                throw StartFailure.from("cannot remember the broker's port in " + directory, e);
            } catch (RuntimeException e) {
                if (attempt == FREE_PORT_ATTEMPTS || !isTakenPort(e)) {
                    throw StartFailure.from("the broker could not start", e);
                }
            }
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
        server.shutdown();
        server.awaitShutdown();
    }

    /**
     * Transactions that a killed broker left half ended are ended at the next start, before it registers, at the address that it had
     * before; the markers for an address that is gone are sent there for ever, and readers of committed records wait for ever. At a second
     * start the new address is known.
     */
    private static KafkaRaftServer again(KafkaRaftServer server, Path directory, int port) {
        LOG.atInfo().addKeyValue("port", port).log("the broker's port has changed: starting it once more");
        server.shutdown();
        server.awaitShutdown();
        return startServer(directory, port, Ports.free());
    }

    private static int rememberedPort(Path directory) {
        Path file = directory.resolve(PORT_FILE);
        try {
            return Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 0;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static KafkaRaftServer startServer(Path directory, int port, int controllerPort) {
        KafkaRaftServer server = new KafkaRaftServer(
                new KafkaConfig(BrokerConfig.of(directory, port, controllerPort), false), Time.SYSTEM);
        try {
            server.startup();
            return server;
        } catch (RuntimeException e) {
            try {
                server.shutdown();
            } catch (RuntimeException whileStopping) {
                e.addSuppressed(whileStopping);
            }
            throw e;
        }
    }

    private static void format(Path directory) {
        if (Files.exists(directory.resolve("meta.properties"))) {
            return;
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
        } catch (Exception e) {
            throw StartFailure.from("cannot format the broker's directory " + directory, e);
        }
    }

    private static void reportInsteadOfExit(Consumer<BrokerFailure> onFatal) {
        Exit.setExitProcedure((status, message) -> fail("exit", status, message, onFatal));
        Exit.setHaltProcedure((status, message) -> fail("halt", status, message, onFatal));
    }

    private static void fail(String how, int status, @Nullable String message, Consumer<BrokerFailure> onFatal) {
        BrokerFailure failure = new BrokerFailure(how, status, message == null ? "no reason given" : message);
        LOG.atError()
                .addKeyValue("how", how)
                .addKeyValue("status", status)
                .addKeyValue("reason", failure.reason())
                .log("broker failed");
        onFatal.accept(failure);
        // Kafka's caller must not go on as if the process had ended.
        throw new IllegalStateException(failure.toString());
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
