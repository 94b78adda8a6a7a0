package dev.muster.e2e;

import static org.awaitility.Awaitility.await;

import com.pty4j.PtyProcess;
import com.pty4j.PtyProcessBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A command of {@code infra/muster} in a terminal window, as a person has it. A shell runs it, and then reports how it
 * ended and the terminal's modes.
 */
final class TerminalWindow implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private final PtyProcess process;
    private final StringBuilder screen = new StringBuilder();

    TerminalWindow(Product product, String... words) throws IOException {
        this(Map.of("MUSTER_DATA_DIR", product.dataDir().toString()), words);
    }

    TerminalWindow(Map<String, String> variables, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                "trap : INT TERM HUP; \"$@\"; echo \"code=$?\"; stty -a | tr '; ' '\\n\\n' | grep -xE -- '-?(icanon|echo|isig|opost)'; echo over",
                "x"));
        command.addAll(command(words));
        Map<String, String> all = new HashMap<>(System.getenv());
        all.put("TERM", "xterm-256color");
        all.putAll(variables);
        process = new PtyProcessBuilder(command.toArray(new String[0]))
                .setEnvironment(all)
                .setInitialColumns(100)
                .setInitialRows(30)
                .start();
        Thread reading = new Thread(this::read, "window");
        reading.setDaemon(true);
        reading.start();
    }

    /** {@code infra/muster} with these words, without its launcher. */
    static List<String> command(String... words) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dmuster.tty=io",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.muster.cli.Main"));
        command.addAll(List.of(words));
        return command;
    }

    private void read() {
        byte[] bytes = new byte[8_192];
        try {
            InputStream in = process.getInputStream();
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                synchronized (screen) {
                    screen.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // the window is closed
        }
    }

    String screen() {
        synchronized (screen) {
            return screen.toString();
        }
    }

    void type(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    void awaitText(String text) {
        await().atMost(PATIENCE).until(() -> screen().contains(text));
    }

    /** Types keys again and again until a text shows. */
    void typeUntil(String keys, String text) {
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> {
            if (screen().contains(text)) {
                return true;
            }
            type(keys);
            return false;
        });
    }

    private ProcessHandle shell() {
        return ProcessHandle.of(process.pid()).orElseThrow();
    }

    /** Sends a signal to the command itself. */
    void signal(String name) throws Exception {
        ProcessHandle command = shell().children().findFirst().orElseThrow();
        new ProcessBuilder("kill", "-" + name, Long.toString(command.pid()))
                .start()
                .waitFor();
    }

    /** Waits for the command's end; its exit code. */
    int code() {
        awaitText("over\r\n");
        String screen = screen();
        int at = screen.lastIndexOf("code=") + "code=".length();
        return Integer.parseInt(screen.substring(at, screen.indexOf('\r', at)));
    }

    /** Whether the terminal is as before: lines, echo, signals and line feeds. */
    boolean isRestored() {
        String screen = screen().substring(screen().lastIndexOf("code="));
        return List.of("icanon", "echo", "isig", "opost").stream()
                .allMatch(mode -> screen.contains("\n" + mode + "\r"));
    }

    @Override
    public void close() {
        ProcessHandle.of(process.pid()).ifPresent(shell -> shell.descendants().forEach(ProcessHandle::destroyForcibly));
        process.destroyForcibly();
    }
}
