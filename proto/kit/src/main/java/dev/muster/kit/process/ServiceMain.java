package dev.muster.kit.process;

import dev.muster.kit.kafka.TopicsException;
import dev.muster.kit.settings.BadSettingsException;
import dev.muster.kit.settings.Setting;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A service as its own process, the same for all services. It reads its settings from the environment. If it cannot
 * start or go on, it prints one line on standard error and exits with code 1. On SIGTERM it stops in order and exits
 * with code 0. {@code --help} lists the settings; {@code --check-config} reports mistakes in them and starts nothing.
 */
public final class ServiceMain {
    static final int STOPPED = 0;
    static final int FAILED = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceMain.class);

    private final String name;
    private final List<Setting> settings;
    private final Check check;
    private final Start start;

    /** Reads the settings and nothing else. */
    public interface Check {
        /** @throws BadSettingsException with all mistakes */
        void read(Map<String, String> variables);
    }

    /** Starts the service. */
    public interface Start {
        Running start(Map<String, String> variables) throws IOException, InterruptedException;
    }

    /**
     * A running service.
     *
     * @param failed completes, with the reason, when it can no longer do its work
     * @param stop stops it in order; called once
     */
    public record Running(CompletableFuture<String> failed, Runnable stop) {}

    /** @param settings every setting of the service, for {@code --help} */
    public ServiceMain(String name, List<Setting> settings, Check check, Start start) {
        this.name = name;
        this.settings = List.copyOf(settings);
        this.check = check;
        this.start = start;
    }

    /** Runs the service and ends the process. */
    public void runAndExit(String[] arguments) {
        JavaLogging.toTheLog();
        AtomicInteger exitCode = new AtomicInteger(STOPPED);
        int code =
                run(List.of(arguments), System.getenv(), System.out, System.err, stop -> atExit(stop, exitCode::get));
        exitCode.set(code);
        System.exit(code);
    }

    /** The source of requests to stop. */
    interface Signals {
        void onTerm(Runnable stop);
    }

    int run(List<String> arguments, Map<String, String> variables, PrintStream out, PrintStream err, Signals signals) {
        try {
            if (arguments.equals(List.of("--help")) || arguments.equals(List.of("-h"))) {
                help(out);
                return STOPPED;
            }
            if (arguments.equals(List.of("--check-config"))) {
                check.read(variables);
                out.println("the settings of " + name + " are well");
                return STOPPED;
            }
            if (!arguments.isEmpty()) {
                return failed(
                        err,
                        "takes no arguments but --help and --check-config: it is configured by environment variables");
            }
            Running service = start.start(variables);
            signals.onTerm(service.stop());
            return failed(err, service.failed().join());
        } catch (BadSettingsException | TopicsException | IOException | UncheckedIOException e) {
            return failed(err, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(err, "interrupted while it started");
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("service", name).setCause(e).log("service failed");
            return failed(err, "a fault of ours: " + e);
        }
    }

    private int failed(PrintStream err, String reason) {
        err.println("muster: " + name + ": " + reason.replaceAll("\\s+", " ").strip());
        return FAILED;
    }

    private void help(PrintStream out) {
        out.println("Runs the service " + name + ", configured by environment variables, until SIGTERM.");
        out.println("--check-config says what is wrong with them, and starts nothing.");
        out.println();
        for (Setting setting : settings) {
            String value = setting.defaultValue().isEmpty() ? "" : " [" + setting.defaultValue() + "]";
            out.println(setting.name() + value + ": " + setting.doc());
        }
    }

    /**
     * A process that a signal ends has the signal's exit code, even after an orderly stop: a supervisor takes that for
     * a failure.
     */
    private static void atExit(Runnable stop, IntSupplier exitCode) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stop.run();
                            Runtime.getRuntime().halt(exitCode.getAsInt());
                        },
                        "stop"));
    }
}
