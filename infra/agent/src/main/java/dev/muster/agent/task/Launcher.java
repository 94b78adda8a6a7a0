package dev.muster.agent.task;

import com.pty4j.PtyProcess;
import com.pty4j.PtyProcessBuilder;
import com.pty4j.WinSize;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts processes as leaders of their own session, with a clean environment: nothing of the agent's own is inherited but what a login
 * would have.
 */
final class Launcher {
    private static final List<String> INHERITED =
            List.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ");
    private static final Path SETSID = Path.of("/usr/bin/setsid");

    private final String nodeId;

    Launcher(String nodeId) {
        this.nodeId = nodeId;
    }

    /** A process and its output, standard output and error in one order. */
    record Launched(Process process, InputStream output) {}

    Launched start(RunTask task) throws IOException {
        if (!task.hasPty()) {
            return startPipe(task);
        }
        Process process = startPty(task);
        return new Launched(process, PtyOutput.of(process));
    }

    private Launched startPipe(RunTask task) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(SETSID)) {
            command.add(SETSID.toString());
        }
        command.addAll(argv(task));
        try (OutputPipe pipe = OutputPipe.open()) {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(new File(directory(task)))
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(pipe.target());
            builder.environment().clear();
            builder.environment().putAll(environment(task));
            try {
                return new Launched(builder.start(), pipe.output());
            } catch (IOException e) {
                pipe.output().close();
                throw e;
            }
        }
    }

    private Process startPty(RunTask task) throws IOException {
        WindowSize size = task.getPty();
        // The size is set before the command begins: a PTY library sets it only after the fork, which a quick command
        // would not see.
        List<String> command = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "stty cols " + size.getCols() + " rows " + size.getRows() + " 2>/dev/null; exec \"$@\"",
                "muster"));
        command.addAll(argv(task));
        Map<String, String> environment = environment(task);
        environment.putIfAbsent("TERM", "xterm-256color");
        return new PtyProcessBuilder(command.toArray(new String[0]))
                .setEnvironment(environment)
                .setDirectory(directory(task))
                .setInitialColumns(size.getCols())
                .setInitialRows(size.getRows())
                .setRedirectErrorStream(true)
                .start();
    }

    static void resize(Process process, WindowSize size) {
        if (process instanceof PtyProcess pty) {
            pty.setWinSize(new WinSize(size.getCols(), size.getRows()));
        }
    }

    private static List<String> argv(RunTask task) {
        return task.getArgvCount() > 0 ? task.getArgvList() : List.of("/bin/sh", "-c", task.getCommand());
    }

    private static String directory(RunTask task) {
        return task.getCwd().isEmpty() ? System.getProperty("user.home", "/") : task.getCwd();
    }

    private Map<String, String> environment(RunTask task) {
        Map<String, String> environment = new HashMap<>();
        for (String name : INHERITED) {
            String value = System.getenv(name);
            if (value != null) {
                environment.put(name, value);
            }
        }
        environment.put("MUSTER_NODE_ID", nodeId);
        environment.put("MUSTER_TASK_ID", task.getTaskId());
        environment.putAll(task.getEnvMap());
        return environment;
    }
}
