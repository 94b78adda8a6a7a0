package dev.muster.fanout.resources.output;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutputCallTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String TASK = Ids.derive(Ids.Kind.TASK, "t");
    private static final String OTHER = Ids.derive(Ids.Kind.TASK, "other");
    private static final String PATH = "/api/v1/nodes/" + NODE + "/tasks/" + TASK;

    private final RawFixture log = new RawFixture();
    private GatewayFixture gateway;
    private byte[] bytes = new byte[0];

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture(1_000, Duration.ofSeconds(2), Duration.ofMillis(400), log);
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId(NODE).setOwner("alice"))
                .build());
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void raw_output_arrives_whole_though_it_was_sent_again_chunked_anew_and_amid_others() throws Exception {
        output(3_000_000);

        HttpResponse<byte[]> raw = raw("");

        assertThat(raw.statusCode()).isEqualTo(200);
        assertThat(raw.headers().firstValue("Content-Length")).contains("3000000");
        assertThat(raw.headers().firstValue("Accept-Ranges")).contains("bytes");
        assertThat(raw.body()).isEqualTo(bytes);
    }

    @Test
    void ranges_give_their_part() throws Exception {
        output(1_500_000);

        HttpResponse<byte[]> middle = raw("bytes=1000-1400000");
        HttpResponse<byte[]> tail = raw("bytes=-5");
        HttpResponse<byte[]> open = raw("bytes=1499990-");
        HttpResponse<byte[]> outside = raw("bytes=1500000-");

        assertThat(middle.statusCode()).isEqualTo(206);
        assertThat(middle.headers().firstValue("Content-Range")).contains("bytes 1000-1400000/1500000");
        assertThat(middle.body()).isEqualTo(Arrays.copyOfRange(bytes, 1_000, 1_400_001));
        assertThat(tail.body()).isEqualTo(Arrays.copyOfRange(bytes, 1_499_995, 1_500_000));
        assertThat(open.body()).isEqualTo(Arrays.copyOfRange(bytes, 1_499_990, 1_500_000));
        assertThat(outside.statusCode()).isEqualTo(416);
        assertThat(outside.headers().firstValue("Content-Range")).contains("bytes */1500000");
    }

    @Test
    void head_tells_the_size_without_a_body() throws Exception {
        output(1_000);

        HttpResponse<String> head = gateway.send(gateway.request(gateway.token("alice"), PATH + "/output?format=raw")
                .method("HEAD", HttpRequest.BodyPublishers.noBody()));

        assertThat(head.headers().firstValue("Content-Length")).contains("1000");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void head_of_text_claims_no_size_since_none_is_known() throws Exception {
        output(1_000);
        gateway.registry.put(TerminalHistory.newBuilder().setTerminalId(TASK).build());

        HttpResponse<String> head = gateway.send(gateway.request(gateway.token("alice"), PATH + "/output")
                .method("HEAD", HttpRequest.BodyPublishers.noBody()));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Length")).isEmpty();
        assertThat(head.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
    }

    @Test
    void what_is_past_retention_is_said_to_be_gone() throws Exception {
        output(1_000);
        log.firstOffset = 1;

        assertProblem(gateway.get(gateway.token("alice"), PATH + "/output?format=raw"), 410, "raw-expired");
        assertThat(json(gateway.get(gateway.token("alice"), PATH))
                        .at("/task/rawAvailable")
                        .isNull())
                .isTrue();
        log.firstOffset = 0;
        log.topicId = "recreated";
        assertProblem(gateway.get(gateway.token("alice"), PATH + "/output?format=raw"), 410, "raw-expired");
    }

    @Test
    void a_task_tells_what_raw_output_there_is() throws Exception {
        output(1_000);

        JsonNode task = json(gateway.get(gateway.token("alice"), PATH)).get("task");

        assertThat(task.get("rawAvailable").toString())
                .isEqualTo("{\"from\":0,\"to\":1000,\"until\":\"1970-01-01T01:16:40Z\"}");
    }

    @Test
    void a_body_that_cannot_be_completed_is_cut_and_never_ended_cleanly() {
        output(3_000_000);
        log.brokenFrom = 20;

        assertThatThrownBy(() -> raw("")).isInstanceOf(IOException.class);
    }

    @Test
    void a_hole_in_the_log_is_not_passed_over() {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, new byte[600_000]));
        log.append(NODE, RawFixture.data(TASK, 700_000, new byte[300_000]));
        log.append(NODE, RawFixture.exit(TASK, 1_000_000, 0));
        ended(1_000_000, false);

        assertThatThrownBy(() -> raw("")).isInstanceOf(IOException.class);
    }

    @Test
    void a_client_that_takes_nothing_is_cut_off_and_its_place_is_free_again() throws Exception {
        gateway.close();
        log.readersMax = 1;
        start();
        output(20_000_000);
        String request = "GET " + PATH + "/output?format=raw HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + gateway.token("alice") + "\r\n\r\n";

        try (Socket stuck = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            stuck.setReceiveBufferSize(16 << 10);
            stuck.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = stuck.getInputStream();
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200");
            Awaitility.await()
                    .until(() -> gateway.get(gateway.token("alice"), PATH + "/output?format=raw")
                                    .statusCode()
                            == 429);
            Awaitility.await()
                    .until(() -> gateway.send(gateway.request(gateway.token("alice"), PATH + "/output?format=raw")
                                            .header("Range", "bytes=0-1"))
                                    .statusCode()
                            == 206);
            assertThatThrownBy(() -> {
                        long read = 0;
                        int n;
                        byte[] some = new byte[64 << 10];
                        while ((n = in.read(some)) >= 0) {
                            read += n;
                        }
                        throw new AssertionError("ended cleanly after " + read);
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void output_of_a_running_task_is_what_there_is_now() throws Exception {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, "so far".getBytes(StandardCharsets.UTF_8)));
        gateway.registry.put(task(TaskState.RUNNING, false));
        gateway.registry.put(TASK, log.index(6, false));

        assertThat(new String(raw("").body(), StandardCharsets.UTF_8)).isEqualTo("so far");
    }

    @Test
    void raw_output_of_an_ended_task_is_whole_though_the_registry_is_behind() throws Exception {
        output(2_000_000);
        gateway.registry.put(task(TaskState.SUCCEEDED, false).toBuilder()
                .setOutputBytes(2_000_000)
                .setEndedAtMillis(System.currentTimeMillis())
                .build());
        gateway.registry.put(TASK, log.index(500, false));

        assertThat(raw("").body()).isEqualTo(bytes);
    }

    @Test
    void a_recording_of_an_ended_task_waits_until_the_registry_has_all_of_it() throws Exception {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, "whole".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(TASK, 5, 0));
        gateway.registry.put(task(TaskState.SUCCEEDED, true).toBuilder()
                .setEndedAtMillis(System.currentTimeMillis())
                .build());
        gateway.registry.put(TASK, log.index(0, false));

        var answer = gateway.http.sendAsync(
                gateway.request(gateway.token("alice"), PATH + "/output?format=asciicast")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        gateway.registry.unavailable.set(3);
        gateway.registry.put(TASK, log.index(5, true));

        assertThat(answer.get().body()).contains("\"o\",\"whole\"");
        assertThat(gateway.registry.unavailable.get()).isNotPositive();
    }

    @Test
    void a_recording_has_a_header_and_events_with_whole_characters() throws Exception {
        WindowSize size = WindowSize.newBuilder().setCols(80).setRows(24).build();
        byte[] euro = "a\u20acb\"".getBytes(StandardCharsets.UTF_8);
        log.append(NODE, RawFixture.start(TASK, Start.newBuilder().setPty(size).build()));
        log.append(NODE, RawFixture.data(TASK, 0, Arrays.copyOf(euro, 2)));
        log.append(NODE, RawFixture.data(TASK, 2, Arrays.copyOfRange(euro, 2, euro.length)));
        log.append(NODE, RawFixture.exit(TASK, euro.length, 3));
        ended(euro.length, true);

        HttpResponse<String> two = gateway.get(gateway.token("alice"), PATH + "/output?format=asciicast");
        HttpResponse<String> three = gateway.get(gateway.token("alice"), PATH + "/output?format=asciicast&version=3");

        assertThat(two.body().lines())
                .containsExactly(
                        "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1000}",
                        "[0.500,\"o\",\"a\"]",
                        "[1.000,\"o\",\"\u20acb\\\"\"]");
        assertThat(three.body().lines())
                .containsExactly(
                        "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24},\"timestamp\":1000}",
                        "[0.500,\"o\",\"a\"]",
                        "[0.500,\"o\",\"\u20acb\\\"\"]",
                        "[0.500,\"x\",\"3\"]");
    }

    @Test
    void a_recording_of_a_pipe_plays_as_a_terminal_would_have_shown_it() throws Exception {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, "a\nb\n".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(TASK, 4, 0));
        ended(4, true);

        assertThat(gateway.get(gateway.token("alice"), PATH + "/output?format=asciicast")
                        .body()
                        .lines())
                .containsExactly(
                        "{\"version\":2,\"width\":160,\"height\":100,\"timestamp\":1000}",
                        "[0.500,\"o\",\"a\\r\\nb\\r\\n\"]");
    }

    @Test
    void a_recording_of_a_terminal_without_a_size_has_the_one_that_it_is_shown_with() throws Exception {
        log.append(
                NODE,
                RawFixture.start(
                        TASK,
                        Start.newBuilder()
                                .setPty(WindowSize.getDefaultInstance())
                                .build()));
        log.append(NODE, RawFixture.exit(TASK, 0, 0));
        ended(0, true);

        assertThat(gateway.get(gateway.token("alice"), PATH + "/output?format=asciicast")
                        .body()
                        .lines())
                .containsExactly("{\"version\":2,\"width\":160,\"height\":100,\"timestamp\":1000}");
    }

    @Test
    void an_unknown_format_and_the_output_of_others_is_refused() throws Exception {
        output(10);

        assertProblem(gateway.get(gateway.token("alice"), PATH + "/output?format=mp4"), 422, "invalid");
        assertProblem(gateway.get(gateway.token("bob"), PATH + "/output?format=raw"), 404, "not-found");
        assertProblem(
                gateway.get(gateway.token("alice"), "/api/v1/nodes/" + NODE + "/tasks/" + OTHER + "/output"),
                404,
                "not-found");
    }

    @Test
    void a_task_that_never_ran_has_empty_output() throws Exception {
        gateway.registry.put(task(TaskState.EXPIRED, false));

        assertThat(raw("").body()).isEmpty();
        assertThat(gateway.get(gateway.token("alice"), PATH + "/output").body()).isEmpty();
    }

    private HttpResponse<byte[]> raw(String range) throws IOException, InterruptedException {
        HttpRequest.Builder request = gateway.request(gateway.token("alice"), PATH + "/output?format=raw");
        return gateway.http.send(
                (range.isEmpty() ? request : request.header("Range", range)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    /**
     * Random bytes in chunks of random sizes, some of them repeated from an earlier offset, between records of other
     * terminals.
     */
    private void output(int size) {
        Random random = new Random(7);
        bytes = new byte[size];
        random.nextBytes(bytes);
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        int at = 0;
        while (at < size) {
            int from = random.nextInt(4) == 0 ? Math.max(0, at - random.nextInt(30_000)) : at;
            int to = Math.min(size, Math.max(at, from) + 1 + random.nextInt(Math.max(1, size / 20)));
            OutputChunk chunk = RawFixture.data(TASK, from, Arrays.copyOfRange(bytes, from, to));
            if (random.nextInt(3) == 0) {
                log.append(FakeRegistry.nodeId(2), RawFixture.data(TASK, at, new byte[100]));
                log.append(NODE, RawFixture.data(OTHER, at, new byte[100]), chunk);
            } else {
                log.append(NODE, chunk);
            }
            at = Math.max(at, to);
        }
        log.append(NODE, RawFixture.exit(TASK, size, 0));
        ended(size, false);
    }

    private void ended(long size, boolean pty) {
        gateway.registry.put(task(TaskState.SUCCEEDED, pty));
        gateway.registry.put(TASK, log.index(size, true));
    }

    private static Task task(TaskState state, boolean pty) {
        Task.Builder task = Task.newBuilder().setTaskId(TASK).setNodeId(NODE).setState(state);
        if (pty) {
            task.setPty(WindowSize.newBuilder().setCols(80).setRows(24)).setStartedAtMillis(1_000_000);
        }
        return task.build();
    }
}
