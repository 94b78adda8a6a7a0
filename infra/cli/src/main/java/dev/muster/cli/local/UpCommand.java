package dev.muster.cli.local;

import dev.muster.cli.CliFailure;
import dev.muster.cli.CliIo;
import dev.muster.local.DataDir;
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
            description = "Where all is kept. Else $MUSTER_DATA_DIR, else ~/.muster.")
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

    private final CliIo io;
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

    public UpCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public Integer call() throws InterruptedException {
        requireSane();
        DataDir dir = DataDir.of(Optional.ofNullable(dataDir), io.variables(), System.getProperty("user.home"));
        ServerLog.into(dir.create().logs());
        UpOptions options = new UpOptions(dir, httpPort, grpcPort, kafkaPort, demo);
        try (Up up = new Up(options, io.variables(), io::say, this::failed)) {
            StopSignals.onFirst(() -> {
                end.countDown();
                new Thread(up::close, "stop").start();
            });
            io.print("Open: " + up.start());
            io.flush();
            end.await();
            io.say("stopping");
        } catch (RuntimeException e) {
            if (end.getCount() == 0 && failure.get() == null) {
                return 0;
            }
            throw e;
        }
        String reason = failure.get();
        if (reason != null) {
            throw new CliFailure("cannot go on: " + reason + "; the log is in " + dir.logs());
        }
        io.say("stopped; all is kept in " + dir.root());
        return 0;
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
    }
}
