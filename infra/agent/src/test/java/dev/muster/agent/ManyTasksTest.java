package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyTasksTest {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final int TASKS = 200;
    private static final int LINES = 500;

    @TempDir
    Path dir;

    private final Ids ids = new Ids();

    @Test
    void two_hundred_tasks_run_at_once_and_each_has_its_own_output_and_end() throws Exception {
        Path gate = dir.resolve("gate");
        assertThat(new ProcessBuilder("mkfifo", gate.toString()).start().waitFor())
                .isZero();
        try (RecordingGateway gateway = new RecordingGateway();
                RandomAccessFile open = new RandomAccessFile(gate.toFile(), "rw")) {
            gateway.intervalMillis = 1_000;
            try (Agent agent = Agent.start(AgentConfig.local(
                    dir.resolve("state"), gateway.address(), "mji_nd_00000000000000000000000001_secret"))) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                List<String> tasks = new ArrayList<>();
                for (int i = 1; i <= TASKS; i++) {
                    tasks.add(ids.make(Ids.Kind.TASK, i));
                    gateway.send(GatewayMessage.newBuilder()
                            .setRunTask(task(tasks.get(i - 1), i, gate))
                            .build());
                }
                // every one of them waits at the gate
                await().atMost(LONG)
                        .until(() -> gateway.heartbeats.stream().anyMatch(h -> h.getRunningTaskIdsCount() == TASKS));
                await().atMost(LONG).until(() -> with(gateway, "begin").containsAll(tasks));
                open.write("\n".repeat(TASKS).getBytes(StandardCharsets.US_ASCII));

                await().atMost(LONG)
                        .until(() -> gateway.events.stream()
                                        .filter(TaskEvent::hasEnded)
                                        .count()
                                == TASKS);
                Map<String, Integer> codes = new HashMap<>();
                gateway.events.stream()
                        .filter(TaskEvent::hasEnded)
                        .forEach(e -> codes.put(e.getTaskId(), e.getEnded().getExitCode()));
                for (int i = 1; i <= TASKS; i++) {
                    String task = tasks.get(i - 1);
                    assertThat(codes.get(task)).isEqualTo(i % 100);
                    String end = i % 10 == 0 ? "\r\n" : "\n";
                    StringBuilder expected = new StringBuilder("begin").append(end);
                    for (int line = 1; line <= LINES; line++) {
                        expected.append(i).append(' ').append(line).append(end);
                    }
                    await().atMost(LONG)
                            .untilAsserted(
                                    () -> assertThat(output(gateway, task)).isEqualTo(expected.toString()));
                }
            }
        }
    }

    /** Every tenth has a terminal. */
    private static RunTask task(String id, int number, Path gate) {
        RunTask.Builder task = RunTask.newBuilder()
                .setTaskId(id)
                .setSequence(number)
                .setCommand("echo begin; read x < " + gate + "; i=0; while [ $i -lt " + LINES
                        + " ]; do i=$((i+1)); echo " + number + " $i; done; exit " + number % 100);
        if (number % 10 == 0) {
            task.setPty(WindowSize.newBuilder().setCols(80).setRows(24));
        }
        return task.build();
    }

    private static Set<String> with(RecordingGateway gateway, String text) {
        Set<String> terminals = new HashSet<>();
        for (OutputChunk chunk : gateway.output) {
            if (chunk.getData().toStringUtf8().contains(text)) {
                terminals.add(chunk.getTerminalId());
            }
        }
        return terminals;
    }

    private static String output(RecordingGateway gateway, String terminal) {
        TreeMap<Long, ByteString> byOffset = new TreeMap<>();
        for (OutputChunk chunk : gateway.output) {
            if (chunk.getTerminalId().equals(terminal)) {
                byOffset.merge(chunk.getOffset(), chunk.getData(), (a, b) -> a.size() >= b.size() ? a : b);
            }
        }
        StringBuilder text = new StringBuilder();
        byOffset.forEach((offset, data) -> {
            if (offset <= text.length() && offset + data.size() > text.length()) {
                text.append(data.toStringUtf8().substring((int) (text.length() - offset)));
            }
        });
        return text.toString();
    }
}
