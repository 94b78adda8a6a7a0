package dev.muster.cli.local;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.local.data.DataDir;
import dev.muster.local.up.Exposure;
import dev.muster.local.up.Up;
import dev.muster.local.up.UpOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts everything on this machine and stays until Ctrl-C. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = {
            "Start a broker, all services and, with --demo, some agents, in one process on this machine.",
            "When ready it prints an address that signs you in. Ctrl-C stops it; started again, all is still there."
        })
public final class UpCommand implements Callable<Integer> {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where all is kept; $MUSTER_DATA_DIR unless given, else ~/.muster.")
    @Nullable
    Path dataDir;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Page and API; ${DEFAULT-VALUE}. 0 picks a free one.")
    int httpPort = 8_080;

    @Option(names = "--grpc-port", paramLabel = "PORT", description = "Agents; ${DEFAULT-VALUE}. 0 picks a free one.")
    int grpcPort = 7_443;

    @Option(names = "--kafka-port", paramLabel = "PORT", description = "Kafka; ${DEFAULT-VALUE}. 0 picks a free one.")
    int kafkaPort = 19_092;

    @Option(names = "--demo", paramLabel = "N", description = "Demo nodes demo-1 to demo-N, with real shells.")
    int demo;

    @Option(
            names = "--bind",
            paramLabel = "ADDRESS",
            description = "Where the page and agents' port listen: ${DEFAULT-VALUE} unless given, 0.0.0.0 for all. "
                    + "Beyond loopback with --tls-cert and --tls-key, or --plaintext. Kafka stays on loopback.")
    String bind = "127.0.0.1";

    @Option(
            names = "--advertise",
            paramLabel = "HOST",
            description = "How agents and browsers elsewhere reach this machine; --bind unless given.")
    @Nullable
    String advertise;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate chain of agents' port, PEM.")
    @Nullable
    Path tlsCert;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, PKCS#8 in PEM.")
    @Nullable
    Path tlsKey;

    @Option(
            names = "--plaintext",
            description = "Let other machines use the page, and without a certificate agents' port, without TLS.")
    boolean plaintext;

    private final CliIo io;
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable Up> running = new AtomicReference<>();

    public UpCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public Integer call() throws InterruptedException {
        requireSane();
        Exposure exposure = exposure();
        DataDir dir = DataDir.of(Optional.ofNullable(dataDir), io.variables(), System.getProperty("user.home"));
        ServerLog.into(dir.create(io::say).logs());
        UpOptions options = new UpOptions(dir, httpPort, grpcPort, kafkaPort, demo, exposure);
        try (Up up = new Up(options, io.variables(), io::say, this::failed)) {
            running.set(up);
            StopSignals.onFirst(() -> {
                end.countDown();
                new Thread(up::close, "stop").start();
            });
            io.print("Open: " + up.start());
            io.say("the address signs one browser in, once, within minutes; `infra/muster open` prints another");
            io.flush();
            end.await();
            io.say("stopping");
        } catch (RuntimeException e) {
            if (end.getCount() == 0 && failure.get() == null) {
                return 0;
            }
            if (failure.get() == null) {
                throw e;
            }
        }
        String reason = failure.get();
        if (reason != null) {
            throw new CliFailure("cannot go on: " + reason + "; the log is in " + dir.logs());
        }
        io.say("stopped; all is kept in " + dir.root());
        return 0;
    }

    private Exposure exposure() {
        if ((tlsCert == null) != (tlsKey == null)) {
            throw new CliFailure("a certificate and its key go together: --tls-cert and --tls-key");
        }
        return Exposure.of(
                bind,
                Optional.ofNullable(advertise),
                tlsCert == null || tlsKey == null
                        ? Optional.empty()
                        : Optional.of(new Exposure.Tls(tlsCert.toAbsolutePath(), tlsKey.toAbsolutePath())),
                plaintext);
    }

    private void requireSane() {
        for (int port : new int[] {httpPort, grpcPort, kafkaPort}) {
            if (port < 0 || port > 65_535) {
                throw new CliFailure("a port is a number from 0 to 65535, not " + port);
            }
        }
        if (demo < 0 || demo > 100) {
            throw new CliFailure("--demo takes a number from 0 to 100, not " + demo);
        }
    }

    private void failed(String reason) {
        failure.compareAndSet(null, reason);
        end.countDown();
        // during the start, only this ends it
        Up up = running.get();
        if (up != null) {
            new Thread(up::close, "stop").start();
        }
    }
}
