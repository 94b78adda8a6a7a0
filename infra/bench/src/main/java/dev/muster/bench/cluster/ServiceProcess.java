package dev.muster.bench.cluster;

import dev.muster.bench.report.WaitRanOut;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A service in a process of its own. */
public final class ServiceProcess implements AutoCloseable {
    private static final long STOP_SECONDS = 20;
    private static final String NO_ANSWER = "no answer from the broker within";

    private final String name;

    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final int port;

    private ServiceProcess(String name, Process process, BufferedReader out, int port) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.in = process.outputWriter(StandardCharsets.UTF_8);
        this.port = port;
    }

    /** Without further options of the JVM. */
    public static ServiceProcess start(String service, Map<String, String> settings, int heapMegabytes, Path log)
            throws IOException {
        return start(service, settings, heapMegabytes, List.of(), log);
    }

    /**
     * Returns when the service serves.
     *
     * @param service broker, registry, ingress or fanout
     * @param jvmOptions beside those that every service gets
     * @param log takes what the service logs
     * @throws IOException with its last words, if it does not start
     * @throws WaitRanOut if it gave up since the broker did not answer in time
     */
    public static ServiceProcess start(
            String service, Map<String, String> settings, int heapMegabytes, List<String> jvmOptions, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xms" + heapMegabytes + "m",
                        "-Xmx" + heapMegabytes + "m",
                        "-XX:+UseG1GC",
                        "-XX:-UsePerfData",
                        "-XX:+DisplayVMOutputToStderr",
                        "-Xlog:disable",
                        "-Xlog:all=error:stderr",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-Dlogback.configurationFile=dev/muster/bench/cluster/service-logback.xml",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServiceMain.class.getName(),
                        service)
                .redirectError(ProcessBuilder.Redirect.to(log.toFile()));
        builder.command().addAll(1, jvmOptions);
        builder.command().addAll(1, ownLargePages());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("MUSTER_"));
        builder.environment().putAll(settings);
        long began = System.nanoTime();
        Process process = builder.start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(ServiceMain.READY)) {
                int port = Integer.parseInt(line.substring(ServiceMain.READY.length()));
                return new ServiceProcess(service, process, out, port);
            }
        }
        Duration since = Duration.ofNanos(System.nanoTime() - began);
        String words = LastWords.of("the " + service, process, since, false, new LastWords.Source("its log", log, 0));
        throw failure(service, words);
    }

    /** Of a service whose last words are about the broker, the machine was too slow, and the service has no fault. */
    static IOException failure(String service, String lastWords) {
        String first = lastWords.lines().findFirst().orElse("");
        if (first.contains(NO_ANSWER)) {
            throw new WaitRanOut(
                    "the " + service + " did not start: " + NO_ANSWER + " the time that it gives it\n" + lastWords);
        }
        return new IOException(lastWords);
    }

    /** As the launcher has decided for this process, which it starts as it starts a service. */
    private static List<String> ownLargePages() {
        String option = "-XX:+UseTransparentHugePages";
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains(option) ? List.of(option) : List.of();
    }

    public String name() {
        return name;
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** CPU time used so far. */
    public Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Resident memory, if the system reports it; else 0. */
    public long residentBytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1_024;
            }
        }
        return 0;
    }

    /** A process's memory after a full collection: on its heap, and in buffers outside of it. */
    public record Memory(long heapBytes, long directBytes) {}

    /** Bytes that live on the heap after a full collection. */
    public long heapBytes() throws IOException {
        return memory().heapBytes();
    }

    public Memory memory() throws IOException {
        in.write(ServiceMain.HEAP + "\n");
        in.flush();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            String[] words = line.split(" ", -1);
            if (words.length == 3 && words[0].equals(ServiceMain.HEAP)) {
                return new Memory(Long.parseLong(words[1]), Long.parseLong(words[2]));
            }
        }
        throw new IOException("the " + name + " is gone");
    }

    /** Ends it at once, as a crash would. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Stops it in order, or after a while at once. */
    @Override
    public void close() {
        try {
            in.close();
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException alreadyGone) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
