package dev.muster.bench.recovery;

import dev.muster.bench.cluster.LastWords;
import dev.muster.bench.report.WaitRanOut;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One process of {@code infra/muster}, in its own JVM with the class path of this one. Its log is appended over
 * restarts.
 */
public final class Part implements AutoCloseable {
    private static final long STOP_SECONDS = 30;

    private final String name;
    private final Process process;
    private final LastWords.Source log;
    private final long began = System.nanoTime();

    private Part(String name, Process process, LastWords.Source log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** @param arguments of the command line, such as {@code service registry} */
    static Part start(String name, int heapMegabytes, List<String> arguments, Map<String, String> variables, Path log)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx" + heapMegabytes + "m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.muster.cli.Main"));
        command.addAll(arguments);
        LastWords.Source said = LastWords.Source.from("its log", log);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(variable -> variable.startsWith("MUSTER_"));
        builder.environment().putAll(variables);
        return new Part(name, builder.start(), said);
    }

    public String name() {
        return name;
    }

    /** Waits until it has said this. */
    void awaitSaid(String text, Duration within) throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        while (!log.said().contains(text)) {
            requireRuns();
            if (System.nanoTime() > end) {
                throw notReady();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** {@code kill -9}. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM, and SIGKILL where that does not help in time. */
    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            kill();
        }
    }

    /** SIGSTOP: it lives, holds its connections, and does nothing. */
    public void freeze() throws IOException, InterruptedException {
        signal("-STOP");
    }

    /** SIGCONT. */
    public void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** @throws IOException with its last words, if it has ended */
    void requireRuns() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(lastWords());
        }
    }

    /** It runs, and is not ready in time. */
    WaitRanOut notReady() throws IOException {
        return new WaitRanOut(lastWords());
    }

    private String lastWords() throws IOException {
        return LastWords.of(name, process, Duration.ofNanos(System.nanoTime() - began), true, log);
    }

    private void signal(String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IOException("kill " + signal + " of " + name + " failed");
        }
    }
}
