package dev.muster.e2e;

import dev.muster.bench.cluster.LastWords;
import dev.muster.local.UserTokens;
import dev.muster.local.data.DataDir;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** {@code infra/muster up} as a process of its own, which can be killed without mercy. */
final class Product implements AutoCloseable {
    private static final long READY_SECONDS = 180;

    private final Process process;
    private final Path dataDir;
    private final String signInUrl;

    private Product(Process process, Path dataDir, String signInUrl) {
        this.process = process;
        this.dataDir = dataDir;
        this.signInUrl = signInUrl;
    }

    static Product start(Path dataDir, int demoNodes, String... jvmOptions) throws Exception {
        return start(dataDir, demoNodes, 0, Map.of(), jvmOptions);
    }

    static Product startWith(Map<String, String> settings, Path dataDir, int demoNodes) throws Exception {
        return start(dataDir, demoNodes, 0, settings);
    }

    /** With the agents' port of an earlier run, so that agents outside find it again. */
    static Product startOn(Path dataDir, int demoNodes, int grpcPort) throws Exception {
        return start(dataDir, demoNodes, grpcPort, Map.of());
    }

    private static Product start(
            Path dataDir, int demoNodes, int grpcPort, Map<String, String> settings, String... jvmOptions)
            throws Exception {
        Files.createDirectories(dataDir);
        Path err = dataDir.resolveSibling(dataDir.getFileName() + ".log");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+DisplayVMOutputToStderr"));
        command.addAll(Arrays.asList(jvmOptions.length == 0 ? new String[] {"-Xmx768m"} : jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.muster.cli.Main", "up"));
        command.addAll(List.of("--data-dir", dataDir.toString(), "--demo", Integer.toString(demoNodes)));
        command.addAll(List.of("--http-port", "0", "--grpc-port", Integer.toString(grpcPort), "--kafka-port", "0"));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
        builder.environment().putAll(settings);
        LastWords.Source said = LastWords.Source.from("standard error", err);
        LastWords.Source log =
                LastWords.Source.from("its log", dataDir.resolve("logs").resolve("muster.log"));
        long began = System.nanoTime();
        Process process = builder.start();
        CompletableFuture<String> url = CompletableFuture.supplyAsync(() -> firstUrl(process));
        try {
            return new Product(process, dataDir, url.get(READY_SECONDS, TimeUnit.SECONDS));
        } catch (Exception e) {
            Duration since = Duration.ofNanos(System.nanoTime() - began);
            String why = LastWords.of("up", process, since, e instanceof TimeoutException, said, log);
            process.destroyForcibly();
            throw new AssertionError(why, e);
        }
    }

    private static String firstUrl(Process process) {
        try {
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("Open: ")) {
                    return line.substring("Open: ".length()).strip();
                }
            }
            throw new IllegalStateException("up ended without an address");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    String signInUrl() {
        return signInUrl;
    }

    /** An API client for a user. */
    Api as(String user, List<String> groups, boolean admin) {
        return new Api(origin(), token(user, groups, admin, Duration.ofHours(1)));
    }

    Api admin() {
        return as("admin", List.of(), true);
    }

    String token(String user, List<String> groups, boolean admin, Duration ttl) {
        byte[] key = new DataDir(dataDir).userTokenKey().readOrCreate(new java.security.SecureRandom());
        return new UserTokens(key, Clock.systemUTC()).mint(user, groups, admin, ttl);
    }

    String origin() {
        return signInUrl.substring(0, signInUrl.indexOf('/', "http://".length()));
    }

    Path dataDir() {
        return dataDir;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As Ctrl-C would; the exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("up did not stop within a minute of SIGTERM");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroy();
            process.onExit().completeOnTimeout(process, 30, TimeUnit.SECONDS).join();
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
