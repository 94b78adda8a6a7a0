package dev.muster.cli.local;

import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.local.Services;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One service in a process of its own, configured by the environment alone. */
@Command(
        name = "service",
        mixinStandardHelpOptions = true,
        description = {
            "Run one service: broker, ingress, registry or fanout, configured by environment variables.",
            "Ends with exit code 0 on SIGTERM, with 1 where it cannot start or its broker fails."
        })
public final class ServiceCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "broker, ingress, registry or fanout.")
    String name = "";

    @Option(names = "--check-config", description = "Say what is wrong with its settings, and start nothing.")
    boolean checkConfig;

    private final CliIo io;

    public ServiceCommand(CliIo io) {
        this.io = io;
    }

    @Override
    public Integer call() throws Exception {
        if (checkConfig) {
            Services.check(name, io.variables());
            io.print("the settings of " + name + " are well");
            return 0;
        }
        CountDownLatch end = new CountDownLatch(1);
        AtomicReference<@Nullable String> failure = new AtomicReference<>();
        StopSignals.onFirst(end::countDown);
        try (Services.Running service = Services.start(name, io.variables(), io::say, why -> {
            failure.set(why);
            end.countDown();
        })) {
            io.say(name + " serves on port " + service.port());
            end.await();
        }
        @Nullable String reason = failure.get();
        if (reason != null) {
            throw new CliFailure(name + " failed: " + reason);
        }
        return 0;
    }
}
