package dev.muster.bench.fanout;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Another server's process, and the tools of this machine that bring it here. */
final class ServerProcess implements AutoCloseable {
    private static final Path NOWHERE = Path.of("/dev/null");

    /** What is left to do when the process has ended. */
    interface Cleanup {
        void run() throws IOException;
    }

    private final Process process;
    private Cleanup cleanup = () -> {};

    private ServerProcess(Process process) {
        this.process = process;
    }

    static ServerProcess start(List<String> command) throws IOException {
        return new ServerProcess(new ProcessBuilder(command)
                .redirectOutput(NOWHERE.toFile())
                .redirectError(NOWHERE.toFile())
                .start());
    }

    /** Starts a server that says {@code port N} itself. */
    static ServerProcess saying(List<String> command, int[] port, Path directory) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(NOWHERE.toFile())
                .start();
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null || !line.startsWith("port ")) {
            process.destroyForcibly();
            throw new IOException(command.get(0) + " did not start");
        }
        port[0] = Integer.parseInt(line.substring(5));
        return new ServerProcess(process);
    }

    /** Runs a tool to its end. */
    static void run(Path directory, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(NOWHERE.toFile())
                .redirectError(NOWHERE.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    /** Fetches a package of the distribution and unpacks it below a directory, without installing it. */
    static void unpack(Path directory, String name) throws IOException, InterruptedException {
        run(directory, "apt-get", "download", name);
        run(directory, "sh", "-c", "for f in " + name + "_*.deb; do dpkg -x \"$f\" .; done");
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Connects as soon as the server listens. */
    static Socket connect(int port) throws IOException {
        for (int tries = 0; ; tries++) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (IOException e) {
                if (tries == 100) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    void afterwards(Cleanup action) {
        cleanup = action;
    }

    /** The process and those it started. */
    List<Long> pids() {
        List<Long> pids = new ArrayList<>();
        pids.add(process.pid());
        process.descendants().forEach(child -> pids.add(child.pid()));
        return pids;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            cleanup.run();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
