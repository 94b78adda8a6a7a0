package dev.muster.bench.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One process of {@code infra/muster}, in a JVM of its own with the class path of this one. Its log is appended over restarts. */
public final class Part implements AutoCloseable {
    private static final long STOP_SECONDS = 30;
    private static final int TAIL_CHARACTERS = 6_000;

    private final String name;
    private final Process process;
    private final Path log;
    private final long logStart;

    private Part(String name, Process process, Path log, long logStart) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.logStart = logStart;
    }

    /** @param arguments of the command line, such as {@code service registry} */
    static Part start(String name, int heapMegabytes, List<String> arguments, Map<String, String> variables, Path log)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx" + heapMegabytes + "m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.muster.cli.Main"));
        command.addAll(arguments);
        long logStart = Files.exists(log) ? Files.size(log) : 0;
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(variable -> variable.startsWith("MUSTER_"));
        builder.environment().putAll(variables);
        return new Part(name, builder.start(), log, logStart);
    }

    public String name() {
        return name;
    }

    /** Waits until it has said this. */
    void awaitSaid(String text, Duration within) throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        while (!said().contains(text)) {
            if (!process.isAlive()) {
                throw new IOException(name + " ended with exit code " + process.exitValue() + ":\n" + tail());
            }
            if (System.nanoTime() > end) {
                throw new IOException(name + " did not say '" + text + "' within " + within + ":\n" + tail());
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

    String tail() throws IOException {
        String all = said();
        return all.substring(Math.max(0, all.length() - TAIL_CHARACTERS));
    }

    private String said() throws IOException {
        byte[] all = Files.readAllBytes(log);
        int start = (int) Math.min(logStart, all.length);
        return new String(all, start, all.length - start, StandardCharsets.UTF_8);
    }

    private void signal(String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new IOException("kill " + signal + " of " + name + " failed");
        }
    }
}
