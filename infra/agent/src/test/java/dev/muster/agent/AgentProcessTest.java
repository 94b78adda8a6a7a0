package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as its own process, as under cron or systemd: without an environment, with signals ignored. */
class AgentProcessTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    /** An agent that ignores the signals that nohup and a shell's background jobs ignore. */
    private static final String BACKGROUND = "trap '' HUP INT QUIT PIPE USR1; exec \"$@\"";

    private static final String SHOW = "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d ' \\t\\n'; echo;"
            + " echo \"$HOME|$USER|$LOGNAME|$SHELL|${LANG-unset}|${LC_ALL-unset}\";"
            + " printf %s 'é€😀' | od -An -v -tx1 | tr -d ' \\n'; printf %s \"$X\" | od -An -v -tx1 | tr -d ' \\n'; echo;"
            + " kill -INT $$; echo survived";

    @TempDir
    Path dir;

    private final Ids ids = new Ids();

    @Test
    void a_task_is_as_a_login_whatever_the_agent_was_started_with() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            gateway.intervalMillis = 10_000;
            Process agent = new ProcessBuilder(command(gateway.address()))
                    .redirectErrorStream(true)
                    .redirectOutput(new File(dir.toFile(), "log"))
                    .start();
            try {
                await().atMost(LONG).until(() -> gateway.hellos.size() == 1);
                String pipe = ids.make(Ids.Kind.TASK, 1);
                String pty = ids.make(Ids.Kind.TASK, 2);
                gateway.send(task(RunTask.newBuilder().setTaskId(pipe).setSequence(1)));
                gateway.send(task(RunTask.newBuilder()
                        .setTaskId(pty)
                        .setSequence(2)
                        .setPty(WindowSize.newBuilder().setCols(80).setRows(24))));
                await().atMost(LONG)
                        .until(() -> gateway.events.stream()
                                        .filter(TaskEvent::hasEnded)
                                        .count()
                                == 2);
                List<String> login = List.of(login().split(":", -1));
                String name = login.get(0);
                String expected = "SigBlk:0000000000000000SigIgn:0000000000000000\n"
                        + String.join("|", login.get(5), name, name, login.get(6), "unset", "unset")
                        + "\nc3a9e282acf09f9880c3bc0a62\n";
                for (String task : List.of(pipe, pty)) {
                    await().atMost(LONG)
                            .untilAsserted(
                                    () -> assertThat(output(gateway, task).replace("\r", ""))
                                            .isEqualTo(expected));
                }
                assertThat(gateway.events)
                        .filteredOn(TaskEvent::hasEnded)
                        .extracting(event -> event.getEnded().getSignal())
                        .containsOnly("INT");
            } finally {
                agent.destroy();
                if (!agent.waitFor(60, TimeUnit.SECONDS)) {
                    agent.destroyForcibly();
                }
            }
        }
    }

    @Test
    void a_full_disk_is_told_in_one_line() throws Exception {
        try (SmallDisk small = SmallDisk.mount(dir.resolve("state"), 1 << 10);
                RecordingGateway gateway = new RecordingGateway()) {
            gateway.intervalMillis = 10_000;
            Process agent = new ProcessBuilder(command(gateway.address()))
                    .redirectErrorStream(true)
                    .redirectOutput(new File(dir.toFile(), "log"))
                    .start();
            try {
                await().atMost(LONG).until(() -> gateway.hellos.size() == 1);
                small.fill();
                for (int i = 1; i <= 3; i++) {
                    gateway.send(GatewayMessage.newBuilder()
                            .setRunTask(RunTask.newBuilder()
                                    .setTaskId(ids.make(Ids.Kind.TASK, i))
                                    .setSequence(i)
                                    .setCommand("x".repeat(9_000)))
                            .build());
                }
                await().atMost(LONG)
                        .until(() -> gateway.events.stream()
                                        .filter(TaskEvent::hasRejected)
                                        .count()
                                == 3);
                await().atMost(LONG).until(() -> said().contains("disk is full"));
                small.makeRoom();
                await().atMost(LONG).until(() -> said().matches("(?s).*disk is full.*running; Ctrl-C.*"));
            } finally {
                agent.destroy();
                if (!agent.waitFor(60, TimeUnit.SECONDS)) {
                    agent.destroyForcibly();
                }
            }
            assertThat(said().lines().filter(line -> line.contains("disk is full")))
                    .hasSize(1);
        }
    }

    private String said() throws IOException {
        return Files.readString(dir.resolve("log"));
    }

    private List<String> command(String gateway) {
        return List.of(
                "/usr/bin/env",
                "-i",
                "/bin/sh",
                "-c",
                BACKGROUND,
                "agent",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.muster.agent.AgentCommand",
                "--join",
                "mji_nd_00000000000000000000000001_secret",
                "--gateway",
                gateway,
                "--plaintext",
                "--state-dir",
                dir.resolve("state").toString());
    }

    private static GatewayMessage task(RunTask.Builder task) {
        return GatewayMessage.newBuilder()
                .setRunTask(task.setCommand(SHOW).putEnv("X", "ü\nb"))
                .build();
    }

    /** The line of the list of users. */
    private static String login() throws Exception {
        Process getent = new ProcessBuilder("/bin/sh", "-c", "getent passwd $(id -u)").start();
        return new String(getent.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static String output(RecordingGateway gateway, String task) {
        StringBuilder text = new StringBuilder();
        for (OutputChunk chunk : gateway.output) {
            if (chunk.getTerminalId().equals(task) && chunk.getOffset() == text.length()) {
                text.append(chunk.getData().toStringUtf8());
            }
        }
        return text.toString();
    }
}
