package dev.muster.fanout.resources.output;

import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Output of ended tasks whose exit marker, or last bytes, never came. */
class MissingEndTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String TASK = Ids.derive(Ids.Kind.TASK, "t");
    private static final String OUTPUT = "/api/v1/nodes/" + NODE + "/tasks/" + TASK + "/output?format=";

    private final RawFixture log = new RawFixture();
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture(1_000, Duration.ofSeconds(2), Duration.ofMillis(400), log);
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId(NODE).setOwner("alice"))
                .setState(NodeState.newBuilder().setSessionId("ss_1"))
                .build());
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, "one\n".getBytes(StandardCharsets.UTF_8)));
        gateway.registry.put(TASK, log.index(4, false));
        gateway.registry.put(TerminalHistory.newBuilder()
                .setTerminalId(TASK)
                .setNextLine(1)
                .addLines(Line.newBuilder().setText("one"))
                .build());
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void output_that_is_whole_but_for_its_exit_marker_is_served_when_its_time_is_over() throws Exception {
        task(TaskState.SUCCEEDED, 4, Duration.ofSeconds(31));

        assertThat(get("text").body()).isEqualTo("one\n");
        assertThat(get("raw").body()).isEqualTo("one\n");
        assertThat(get("asciicast").body()).contains("\"o\",\"one\\r\\n\"");
    }

    @Test
    void following_ends_without_an_exit_marker_when_its_time_is_over() throws Exception {
        task(TaskState.SUCCEEDED, 4, Duration.ofSeconds(31));

        assertThat(get("raw&follow=true").body()).isEqualTo("one\n");
    }

    @Test
    void following_ends_where_a_task_was_lost() throws Exception {
        task(TaskState.LOST, 0, Duration.ofSeconds(31));

        assertThat(get("raw&follow=true").body()).isEqualTo("one\n");
    }

    @Test
    void a_last_part_that_never_came_is_said_to_be_lost_after_a_day() throws Exception {
        task(TaskState.FAILED, 10, Duration.ofHours(25));

        assertThat(get("text").body()).isEqualTo("one\n[... 6 bytes lost ...]\n");
        assertProblem(get("raw"), 410, "raw-expired");
        assertProblem(get("asciicast"), 410, "raw-expired");
        HttpResponse<String> before = gateway.send(
                gateway.request(gateway.token("alice"), OUTPUT + "raw").header("Range", "bytes=0-3"));
        assertThat(before.statusCode()).isEqualTo(206);
        assertThat(before.body()).isEqualTo("one\n");
    }

    @Test
    void output_that_never_came_at_all_cannot_be_followed() throws Exception {
        gateway.registry.removeIndex(TASK);
        task(TaskState.FAILED, 10, Duration.ofHours(25));

        assertProblem(get("raw"), 410, "raw-expired");
        assertProblem(get("raw&follow=true"), 410, "raw-expired");
    }

    @Test
    void output_of_a_lost_task_that_never_came_at_all_cannot_be_followed() throws Exception {
        gateway.registry.removeIndex(TASK);
        task(TaskState.LOST, 10, Duration.ofHours(25));

        assertProblem(get("raw&follow=true"), 410, "raw-expired");
    }

    @Test
    void what_the_registry_has_gone_on_behind_is_said_to_be_lost() throws Exception {
        log.append(NODE, RawFixture.data(TASK, 50, "last\n".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(TASK, 55, 0));
        task(TaskState.SUCCEEDED, 55, Duration.ZERO);
        gateway.registry.put(TASK, log.index(55, true));

        HttpResponse<String> hole = gateway.send(
                gateway.request(gateway.token("alice"), OUTPUT + "raw").header("Range", "bytes=4-54"));
        assertProblem(hole, 410, "raw-expired");
        HttpResponse<String> behind = gateway.send(
                gateway.request(gateway.token("alice"), OUTPUT + "raw").header("Range", "bytes=50-54"));
        assertThat(behind.body()).isEqualTo("last\n");
    }

    private void task(TaskState state, long bytes, Duration endedBefore) {
        long endedAt = System.currentTimeMillis() - endedBefore.toMillis();
        gateway.registry.put(Task.newBuilder()
                .setTaskId(TASK)
                .setNodeId(NODE)
                .setState(state)
                .setStartedAtMillis(endedAt - 1_000)
                .setEndedAtMillis(endedAt)
                .setOutputBytes(bytes)
                .build());
    }

    private HttpResponse<String> get(String format) throws IOException, InterruptedException {
        return gateway.get(gateway.token("alice"), OUTPUT + format);
    }
}
