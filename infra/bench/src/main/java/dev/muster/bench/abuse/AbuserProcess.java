package dev.muster.bench.abuse;

import dev.muster.bench.load.SimNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@link AbuserMain} in its own process, which yields its CPU to all others if {@code nice} is available: in reality it
 * would run on another machine.
 */
final class AbuserProcess implements AutoCloseable {
    private static final Path NICE = Path.of("/usr/bin/nice");

    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;

    /** Returns when it has begun. */
    AbuserProcess(Abuse abuse, int port, SimNode node) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(NICE)) {
            command.addAll(List.of(NICE.toString(), "-n", "19"));
        }
        command.addAll(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                AbuserMain.class.getName(),
                abuse.name(),
                Integer.toString(port)));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        out = process.inputReader(StandardCharsets.UTF_8);
        in = process.outputWriter(StandardCharsets.UTF_8);
        in.write(node.nodeId() + "\n" + node.credential() + "\n");
        in.flush();
        String begun = out.readLine();
        if (begun == null) {
            throw new IOException("the agent that " + abuse.words() + " did not start");
        }
    }

    /** Ends it, and returns the gateway's answers: how many, and the commonest reason. */
    String end() throws IOException {
        in.close();
        String answered = out.readLine();
        return answered == null ? "it died" : answered;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
