package dev.muster.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.settings.Reach;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.agent.task.AllowedUsers;
import dev.muster.agent.task.TaskLimits;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Reconnect;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.agent.v1.TerminalInput;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String INVITE = "mji_nd_00000000000000000000000001_secret";

    @TempDir
    Path dir;

    private final Ids ids = new Ids();

    @Test
    void joins_once_with_a_proof_of_its_key_and_counts_its_starts_and_connects() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                gateway.cut();
                await().atMost(LONG).until(() -> gateway.hellos.size() == 2);
            }
            try (Agent agent = start(gateway, null)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
            }
            assertThat(gateway.joins).hasSize(1);
            Signature signature = Signature.getInstance("Ed25519");
            signature.initVerify(KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(
                            gateway.joins.get(0).getPublicKey().toByteArray())));
            signature.update(INVITE.getBytes(StandardCharsets.UTF_8));
            assertThat(signature.verify(gateway.joins.get(0).getProof().toByteArray()))
                    .isTrue();

            assertThat(gateway.hellos).extracting(Hello::getBootCounter).containsExactly(1L, 1L, 2L);
            assertThat(gateway.hellos).extracting(Hello::getConnectSequence).containsExactly(1L, 2L, 1L);
            assertThat(gateway.hellos)
                    .extracting(Hello::getInstanceId)
                    .containsOnly(gateway.hellos.get(0).getInstanceId());
            assertThat(gateway.hellos.get(1).getPreviousSession()).isEqualTo("session-1");
            assertThat(gateway.hellos.get(1).getCapabilitiesList()).contains("pty", "pipe", "run-as");
        }
    }

    @Test
    void the_invite_that_it_was_joined_by_is_not_swapped_again_and_a_fresh_one_is() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            start(gateway, INVITE).close();
            start(gateway, INVITE).close();
            assertThat(gateway.joins).hasSize(1);
            start(gateway, INVITE + "2").close();
            start(gateway, INVITE + "2").close();
            assertThat(gateway.joins).hasSize(2);
        }
    }

    @Test
    void joined_as_another_node_it_counts_tasks_anew_and_keeps_the_former_ones_aside() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                gateway.send(run("true", 57));
                await().atMost(LONG).until(() -> gateway.events.stream().anyMatch(TaskEvent::hasEnded));
            }
            try (Agent agent = start(gateway, "mji_nd_00000000000000000000000002_secret")) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                assertThat(agent.nodeId()).isEqualTo("nd_00000000000000000000000002");
                gateway.send(run("echo >> " + dir.resolve("ran"), 1));
                await().atMost(LONG).until(() -> Files.exists(dir.resolve("ran")));
            }
            // on a slow machine the former agent may have connected twice
            Hello last = gateway.hellos.get(gateway.hellos.size() - 1);
            assertThat(last.getTaskHighWater()).isZero();
            assertThat(last.getInstanceId()).isNotEqualTo(gateway.hellos.get(0).getInstanceId());
            assertThat(dir.resolve("state/former/nd_00000000000000000000000001/journal"))
                    .isNotEmptyFile();
        }
    }

    @Test
    void whoever_waits_for_it_to_join_is_told_why() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        AgentConfig config = AgentConfig.local(dir.resolve("state"), "127.0.0.1:1", INVITE);
        Thread joining = new Thread(() -> {
            try {
                Agent.start(config, lines::add).close();
            } catch (AgentException | InterruptedException expected) {
                // no server listens there
            }
        });
        joining.start();
        await().atMost(LONG).until(() -> !lines.isEmpty());
        joining.interrupt();
        joining.join();
        assertThat(lines)
                .singleElement()
                .asString()
                .contains("127.0.0.1:1 yet, trying again")
                .contains("without TLS");
    }

    @Test
    void it_is_said_to_run_when_it_is_welcome_and_not_before() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            gateway.refuses = true;
            List<String> lines = new CopyOnWriteArrayList<>();
            try (Agent agent = start(gateway, INVITE)) {
                assertThat(new Watch(agent, lines::add).untilStopped()).isFalse();
            }
            String node = "node nd_00000000000000000000000001 (test): ";
            assertThat(lines.get(0)).isEqualTo(node + "connecting to " + gateway.address());
            assertThat(lines.get(1)).startsWith(node + "not connected").endsWith("(credential-revoked)");
            assertThat(lines.get(2)).startsWith("agent: ").contains("Make a new invite");
            assertThat(lines).hasSize(3);

            gateway.refuses = false;
            lines.clear();
            try (Agent agent = start(gateway, INVITE)) {
                Thread watching = new Thread(() -> new Watch(agent, lines::add).untilStopped());
                watching.start();
                await().atMost(LONG).until(() -> lines.contains(node + "running; Ctrl-C stops it"));
                watching.interrupt();
                watching.join();
            }
        }
    }

    @Test
    void what_it_joined_with_reaches_the_gateway_again() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            start(gateway, INVITE).close();
            AgentConfig bare = new AgentConfig(
                    dir.resolve("state"),
                    null,
                    null,
                    SpoolLimits.defaults(),
                    TaskLimits.defaults(),
                    null,
                    AllowedUsers.OWN,
                    Map.of(),
                    null,
                    false,
                    null,
                    null);
            try (Agent agent = Agent.start(bare)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                assertThat(agent.gateway()).isEqualTo(gateway.address());
            }
            Reach remote = new Reach("muster.example:7443", false, Path.of("/ca.pem"), null, null);
            AgentConfig again = bare.reachingAs(remote);
            assertThat(again.gateway()).isEqualTo("muster.example:7443");
            assertThat(again.caFile()).isEqualTo(Path.of("/ca.pem"));
            assertThat(again.plaintext()).isFalse();
        }
    }

    @Test
    void asked_to_move_it_leaves_only_when_it_is_welcome_on_another_connection_and_no_task_notices() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            await().atMost(LONG).until(() -> agent.connected().isDone());
            gateway.send(run("i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.02; done; exit 3", 1));
            await().atMost(LONG).until(() -> bytes(gateway).toString().contains("line 3"));
            assertThat(gateway.ended).hasValue(0);
            gateway.send(GatewayMessage.newBuilder()
                    .setReconnect(Reconnect.newBuilder().setDelayMillisMax(20))
                    .build());
            await().atMost(LONG).until(() -> gateway.hellos.size() == 2);
            await().atMost(LONG).until(() -> gateway.ended.get() == 1);
            await().atMost(LONG).until(() -> gateway.events.stream().anyMatch(TaskEvent::hasEnded));
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 40; i++) {
                expected.append("line ").append(i).append('\n');
            }
            await().atMost(LONG).untilAsserted(() -> assertThat(bytes(gateway)).hasToString(expected.toString()));
            assertThat(gateway.hellos.get(1).getPreviousSession()).isEqualTo("session-1");
            assertThat(gateway.hellos.get(1).getTaskIdsList()).hasSize(1);
            assertThat(gateway.events.stream()
                            .filter(TaskEvent::hasEnded)
                            .findFirst()
                            .orElseThrow()
                            .getEnded()
                            .getExitCode())
                    .isEqualTo(3);
        }
    }

    @Test
    void a_gateway_that_takes_no_output_is_asked_again_and_control_goes_on() throws Exception {
        try (RecordingGateway gateway = patient()) {
            gateway.refusesOutput = true;
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                gateway.send(run("echo hello", 1));
                await().atMost(LONG).until(() -> gateway.outputCalls.get() >= 3);
                assertThat(gateway.hellos).hasSize(1);
                gateway.refusesOutput = false;
                await().atMost(LONG).until(() -> bytes(gateway).toString().equals("hello\n"));
            }
        }
    }

    @Test
    void what_is_typed_before_the_command_has_come_reaches_it() throws Exception {
        try (RecordingGateway gateway = patient();
                Agent agent = start(gateway, INVITE)) {
            await().atMost(LONG).until(() -> agent.connected().isDone());
            GatewayMessage run = GatewayMessage.newBuilder()
                    .setRunTask(run("read line; echo got $line", 1).getRunTask().toBuilder()
                            .setPty(WindowSize.newBuilder().setCols(80).setRows(24)))
                    .build();
            for (String piece : List.of("he", "llo\n")) {
                gateway.send(GatewayMessage.newBuilder()
                        .setTerminalInput(TerminalInput.newBuilder()
                                .setTerminalId(run.getRunTask().getTaskId())
                                .setData(ByteString.copyFromUtf8(piece)))
                        .build());
            }
            gateway.send(run);
            await().atMost(LONG).until(() -> bytes(gateway).toString().contains("got hello"));
        }
    }

    private static RecordingGateway patient() throws IOException {
        RecordingGateway gateway = new RecordingGateway();
        gateway.intervalMillis = 10_000;
        return gateway;
    }

    @Test
    void what_the_gateway_did_not_acknowledge_is_sent_again_on_the_next_connection() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            gateway.acknowledges = false;
            await().atMost(LONG).until(() -> agent.connected().isDone());
            gateway.send(run("seq 1 3000; exit 7", 1));
            await().atMost(LONG).until(() -> gateway.events.stream().anyMatch(TaskEvent::hasEnded));
            // the window keeps the agent from sending more than 10,000 of the 13,893 bytes
            await().atMost(LONG).until(() -> bytes(gateway).length() == 10_000);

            gateway.acknowledges = true;
            gateway.cut();
            StringBuilder expected = new StringBuilder();
            for (int i = 1; i <= 3_000; i++) {
                expected.append(i).append('\n');
            }
            await().atMost(LONG).untilAsserted(() -> assertThat(bytes(gateway)).hasToString(expected.toString()));
            await().atMost(LONG)
                    .until(() ->
                            gateway.events.stream().filter(TaskEvent::hasEnded).count() == 2);
            assertThat(gateway.hellos.get(1).getTaskIdsList()).hasSize(1);
            assertThat(gateway.hellos.get(1).getTaskHighWater()).isEqualTo(1);
        }
    }

    @Test
    void a_task_that_is_sent_twice_runs_once() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            await().atMost(LONG).until(() -> agent.connected().isDone());
            GatewayMessage run = run("echo x >> " + dir.resolve("ran") + "; sleep 0.2", 1);
            gateway.send(run);
            gateway.send(run);
            gateway.send(run("true", 2));
            await().atMost(LONG)
                    .until(() ->
                            gateway.events.stream().filter(TaskEvent::hasEnded).count() >= 2);
            assertThat(dir.resolve("ran")).hasContent("x\n");
        }
    }

    @Test
    void heartbeats_repeat_the_gateway_s_newest_time_and_output_says_when_it_was_read() throws Exception {
        long before = System.currentTimeMillis();
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            await().atMost(LONG).until(() -> agent.connected().isDone() && gateway.heartbeats.size() >= 3);
            Path go = dir.resolve("go");
            gateway.send(run("echo one; while [ ! -e " + go + " ]; do sleep 0.01; done; echo two", 1));
            await().atMost(LONG).until(() -> bytes(gateway).contains("one"));
            long between = System.currentTimeMillis();
            Files.createFile(go);
            await().atMost(LONG).until(() -> bytes(gateway).contains("two"));
            long after = System.currentTimeMillis();
            long heard = 0;
            for (Heartbeat heartbeat : List.copyOf(gateway.heartbeats)) {
                assertThat(heartbeat.getHeardGatewayMillis()).isGreaterThanOrEqualTo(Math.max(heard, before - 2));
                assertThat(heartbeat.getSentAtMillis()).isGreaterThanOrEqualTo(heartbeat.getHeardAtMillis());
                assertThat(heartbeat.getHeardAtMillis()).isBetween(before - 2, System.currentTimeMillis() + 2);
                heard = heartbeat.getHeardGatewayMillis();
            }
            List<OutputChunk> printed = gateway.output.stream()
                    .filter(chunk -> !chunk.getData().isEmpty())
                    .toList();
            assertThat(printed).hasSize(2);
            assertThat(printed.get(0).getReadAtMillis()).isBetween(before - 2, between + 2);
            assertThat(printed.get(1).getReadAtMillis()).isBetween(between - 2, after + 2);
        }
    }

    @Test
    void a_gateway_that_tells_no_time_is_told_none_of_its_own() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            gateway.tellsTime = false;
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> gateway.heartbeats.size() >= 3);
                assertThat(agent.problem()).isEmpty();
            }
            assertThat(gateway.heartbeats)
                    .allMatch(heartbeat -> heartbeat.getHeardGatewayMillis() == 0 && heartbeat.getHeardAtMillis() == 0);
        }
    }

    @Test
    void connects_anew_when_heartbeats_are_not_answered() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            await().atMost(LONG).until(() -> agent.connected().isDone());
            gateway.answersHeartbeats = false;
            await().atMost(LONG).until(() -> gateway.hellos.size() >= 2);
        }
    }

    @Test
    void gives_up_with_advice_when_its_credential_is_revoked() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            gateway.refuses = true;
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> agent.stopped().isCompletedExceptionally());
                assertThatThrownBy(() -> agent.stopped().get())
                        .hasMessageContaining("Make a new invite")
                        .hasMessageContaining("credential-revoked");
            }
        }
    }

    @Test
    void stopped_in_the_midst_of_output_it_leaves_no_call_that_complains() throws Exception {
        List<LogRecord> complaints = new CopyOnWriteArrayList<>();
        Logger grpc = Logger.getLogger("io.grpc");
        Handler handler = new Complaints(complaints);
        grpc.addHandler(handler);
        try (RecordingGateway gateway = new RecordingGateway()) {
            for (int start = 0; start < 5; start++) {
                int before = gateway.output.size();
                try (Agent agent = start(gateway, INVITE)) {
                    await().atMost(LONG).until(() -> agent.connected().isDone());
                    gateway.send(run("while :; do echo line; done", start + 1));
                    await().atMost(LONG).until(() -> gateway.output.size() > before + 20);
                }
            }
            await().atMost(LONG).until(() -> gateway.ended.get() == 5);
            assertThat(complaints).extracting(LogRecord::getThrown).isEmpty();
        } finally {
            grpc.removeHandler(handler);
        }
    }

    @Test
    void an_agent_without_tls_whose_gateway_has_it_now_says_so_while_it_connects() throws Exception {
        String address;
        try (RecordingGateway gateway = new RecordingGateway()) {
            start(gateway, INVITE).close();
            address = gateway.address();
        }
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        try (ServerSocket tls = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            Thread hangsUp = new Thread(() -> {
                // like a server that receives no TLS: an alert, and the end
                while (!tls.isClosed()) {
                    try (Socket connection = tls.accept()) {
                        connection.getOutputStream().write(new byte[] {21, 3, 3, 0, 2, 2, 70});
                    } catch (IOException e) {
                        // closed, or the agent has hung up
                    }
                }
            });
            hangsUp.setDaemon(true);
            hangsUp.start();
            try (Agent agent = Agent.start(AgentConfig.local(dir.resolve("state"), address, null))) {
                await().atMost(LONG)
                        .until(() -> agent.problem().contains("this was without TLS")
                                && agent.problem().contains("--ca FILE"));
            }
        }
    }

    @Test
    void every_process_has_an_id_of_its_own_that_is_not_on_the_disk() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway()) {
            try (Agent agent = start(gateway, INVITE)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
                gateway.cut();
                await().atMost(LONG).until(() -> gateway.hellos.size() == 2);
            }
            try (Agent agent = start(gateway, null)) {
                await().atMost(LONG).until(() -> agent.connected().isDone());
            }
            assertThat(gateway.hellos.get(1).getProcessId())
                    .isNotEmpty()
                    .isEqualTo(gateway.hellos.get(0).getProcessId());
            assertThat(gateway.hellos.get(2).getProcessId())
                    .isNotEmpty()
                    .isNotEqualTo(gateway.hellos.get(0).getProcessId());
        }
    }

    /** gRPC's log of faults in its callers. */
    private static final class Complaints extends Handler {
        private final List<LogRecord> records;

        private Complaints(List<LogRecord> records) {
            this.records = records;
        }

        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
                records.add(record);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void two_agents_cannot_use_one_directory() throws Exception {
        try (RecordingGateway gateway = new RecordingGateway();
                Agent agent = start(gateway, INVITE)) {
            assertThat(agent.nodeId()).isNotEmpty();
            assertThatThrownBy(() -> start(gateway, INVITE))
                    .isInstanceOf(AgentException.class)
                    .hasMessageContaining("another agent uses");
        }
    }

    private Agent start(RecordingGateway gateway, @org.jspecify.annotations.Nullable String invite) throws Exception {
        return Agent.start(AgentConfig.local(dir.resolve("state"), gateway.address(), invite));
    }

    private GatewayMessage run(String command, long sequence) {
        return GatewayMessage.newBuilder()
                .setRunTask(RunTask.newBuilder()
                        .setTaskId(ids.make(Ids.Kind.TASK, sequence))
                        .setSequence(sequence)
                        .setCommand(command))
                .build();
    }

    private static String bytes(RecordingGateway gateway) {
        TreeMap<Long, ByteString> byOffset = new TreeMap<>();
        for (OutputChunk chunk : gateway.output) {
            byOffset.merge(chunk.getOffset(), chunk.getData(), (a, b) -> a.size() >= b.size() ? a : b);
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
