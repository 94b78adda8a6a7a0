package dev.muster.fanout.resources.tasks;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.fanout.resources.output.RawFixture;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskCallsTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String PATH = "/api/v1/nodes/" + NODE;
    private static final String ONE = "tk_01j9000000000000000000000a";
    private static final String TWO = "tk_01j9000000000000000000000b";

    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder()
                        .setNodeId(NODE)
                        .setOwner("alice")
                        .addGroups(GroupGrant.newBuilder().setGroup("readers").setRole(Role.ROLE_VIEW)))
                .build());
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void a_task_is_accepted_with_everything_that_was_asked() throws Exception {
        HttpResponse<String> accepted = run("""
                {"command": "make", "pty": {"cols": 80, "rows": 24}, "env": {"A": "b"}, "cwd": "/src", "user": "deploy",
                 "timeoutSeconds": 1.5, "ttlSeconds": 60, "idempotencyKey": "k1"}
                """);

        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        JsonNode task = json(accepted).get("task");
        assertThat(task.get("state").asText()).isEqualTo("QUEUED");
        assertThat(task.get("exitCode").isNull()).isTrue();
        assertThat(task.get("rawAvailable").isNull()).isTrue();
        assertThat(task.fieldNames())
                .toIterable()
                .contains(
                        "taskId",
                        "nodeId",
                        "reason",
                        "command",
                        "argv",
                        "pty",
                        "requestedBy",
                        "createdAt",
                        "startedAt",
                        "endedAt",
                        "signal",
                        "outputBytes");
        CreateTask create = gateway.registry.commands.get(0).getCreateTask();
        assertThat(create.getTaskId())
                .isEqualTo(Ids.derive(Ids.Kind.TASK, "alice", NODE, "k1"))
                .isEqualTo(task.get("taskId").asText());
        assertThat(create.getTimeoutMillis()).isEqualTo(1_500);
        assertThat(create.getTtlMillis()).isEqualTo(60_000);
        assertThat(create.getPty().getCols()).isEqualTo(80);
        assertThat(create.getEnvMap()).containsEntry("A", "b");
        assertThat(create.getCwd()).isEqualTo("/src");
        assertThat(create.getUser()).isEqualTo("deploy");
        assertThat(task.get("user").asText()).isEqualTo("deploy");
    }

    @Test
    void without_a_key_each_request_is_a_task_of_its_own_that_waits_a_day() throws Exception {
        run("{\"argv\":[\"ls\",\"-l\"]}");
        run("{\"argv\":[\"ls\",\"-l\"]}");

        CreateTask one = gateway.registry.commands.get(0).getCreateTask();
        CreateTask two = gateway.registry.commands.get(1).getCreateTask();
        assertThat(one.getTaskId()).isNotEqualTo(two.getTaskId());
        assertThat(one.getTtlMillis()).isEqualTo(86_400_000);
        assertThat(one.getArgvList()).containsExactly("ls", "-l");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"command\":\"\"}",
                "{\"command\":\"  \"}",
                "{\"command\":\"a\\u0000b\"}",
                "{\"command\":\"a\\ud800b\"}",
                "{\"argv\":[]}",
                "{\"argv\":[\"\"]}",
                "{\"argv\":[1]}",
                "{\"argv\":\"ls\"}",
                "{\"command\":\"a\",\"argv\":[\"b\"]}",
                "{\"command\":\"a\",\"pty\":{\"cols\":0,\"rows\":1}}",
                "{\"command\":\"a\",\"pty\":{\"cols\":1001,\"rows\":1}}",
                "{\"command\":\"a\",\"pty\":{\"cols\":80}}",
                "{\"command\":\"a\",\"pty\":true}",
                "{\"command\":\"a\",\"pty\":{\"cols\":80,\"rows\":24,\"depth\":3}}",
                "{\"command\":\"a\",\"env\":{\"1A\":\"x\"}}",
                "{\"command\":\"a\",\"env\":{\"A\":1}}",
                "{\"command\":\"a\",\"env\":{\"A\":\"a\\u0000b\"}}",
                "{\"command\":\"a\",\"env\":{\"A\":\"a\\udc00b\"}}",
                "{\"argv\":[\"a\",\"\\ud83d\"]}",
                "{\"command\":\"a\",\"cwd\":\"/a\\udc00b\"}",
                "{\"command\":\"a\",\"cwd\":\"src\"}",
                "{\"command\":\"a\",\"user\":\"\"}",
                "{\"command\":\"a\",\"user\":\"-x\"}",
                "{\"command\":\"a\",\"user\":\"a:b\"}",
                "{\"command\":\"a\",\"user\":\"a b\"}",
                "{\"command\":\"a\",\"user\":7}",
                "{\"command\":\"a\",\"timeoutSeconds\":0}",
                "{\"command\":\"a\",\"timeoutSeconds\":-1}",
                "{\"command\":\"a\",\"timeoutSeconds\":\"1\"}",
                "{\"command\":\"a\",\"ttlSeconds\":1e300}",
                "{\"command\":\"a\",\"idempotencyKey\":\"\"}",
                "{\"command\":\"a\",\"colour\":1}",
            })
    void a_wrong_task_is_refused_before_anything_is_published(String body) throws Exception {
        assertProblem(run(body), 422, "invalid");
        assertThat(gateway.registry.commands).isEmpty();
    }

    @Test
    void a_task_as_large_as_the_limit_of_one_argument_passes_and_a_larger_one_does_not() throws Exception {
        assertThat(run("{\"command\":\"" + "x".repeat(131_000) + "\"}").statusCode())
                .isEqualTo(202);
        assertProblem(run("{\"command\":\"" + "x".repeat(131_001) + "\"}"), 422, "invalid");
        String arguments = "\"" + "x".repeat(131_000) + "\"";
        assertProblem(
                run("{\"argv\":[" + String.join(",", java.util.Collections.nCopies(5, arguments)) + "]}"),
                422,
                "invalid");
    }

    @Test
    void another_content_type_is_refused() throws Exception {
        HttpResponse<String> form = gateway.send(gateway.request(gateway.token("alice"), PATH + "/tasks")
                .header("Content-Type", "text/plain")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"command\":\"a\"}")));

        assertProblem(form, 415, "unsupported-media-type");
    }

    @Test
    void tasks_are_listed_shown_and_cancelled() throws Exception {
        gateway.registry.put(Task.newBuilder()
                .setTaskId(ONE)
                .setNodeId(NODE)
                .setState(TaskState.SUCCEEDED)
                .setExitCode(0)
                .setStartedAtMillis(1_000)
                .build());

        JsonNode list = json(gateway.get(gateway.token("alice"), PATH + "/tasks"));
        JsonNode one = json(gateway.get(gateway.token("alice"), PATH + "/tasks/" + ONE));
        HttpResponse<String> cancelled =
                gateway.send(gateway.token("alice"), "POST", PATH + "/tasks/" + ONE + "/cancel", "");

        assertThat(list.get("tasks")).hasSize(1);
        assertThat(list.get("next").isNull()).isTrue();
        assertThat(one.at("/task/exitCode").asInt(-1)).isZero();
        assertThat(one.at("/task/startedAt").asText()).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(json(cancelled).at("/task/state").asText()).isEqualTo("CANCELLED");
        assertProblem(gateway.get(gateway.token("alice"), PATH + "/tasks/" + TWO), 404, "not-found");
    }

    @Test
    void a_viewer_sees_tasks_but_neither_runs_any_nor_reads_terminals() throws Exception {
        String viewer = gateway.token("bob", "readers");

        assertThat(gateway.get(viewer, PATH + "/tasks").statusCode()).isEqualTo(200);
        assertProblem(gateway.get(viewer, PATH + "/history"), 403, "forbidden");
        assertProblem(gateway.send(viewer, "POST", PATH + "/tasks", "{\"command\":\"a\"}"), 403, "forbidden");
        assertProblem(gateway.get(gateway.token("eve"), PATH + "/history"), 404, "not-found");
    }

    @Test
    void an_exit_that_nobody_knows_is_no_exit_code() throws Exception {
        gateway.registry.put(terminal(ONE, 0, 1).toBuilder()
                .setExit(Exit.newBuilder().setExitCode(-1))
                .build());
        gateway.registry.put(terminal(TWO, 0, 1).toBuilder()
                .setExit(Exit.newBuilder().setExitCode(4))
                .build());

        JsonNode terminals = json(gateway.get(gateway.token("alice"), PATH + "/history?format=json"))
                .get("terminals");
        String text = gateway.get(gateway.token("alice"), PATH + "/history").body();

        assertThat(terminals.at("/0/exitCode").isNull()).isTrue();
        assertThat(terminals.at("/1/exitCode").asInt()).isEqualTo(4);
        assertThat(text).contains("=== " + ONE + "\n").contains("=== " + TWO + " exit 4\n");
    }

    @Test
    void history_of_one_terminal_is_its_lines_and_of_several_has_headers() throws Exception {
        gateway.registry.put(terminal(ONE, 0, 2));
        assertThat(gateway.get(gateway.token("alice"), PATH + "/history").body())
                .isEqualTo("line 0\nline 1\n");
        gateway.registry.put(Task.newBuilder()
                .setTaskId(TWO)
                .setNodeId(NODE)
                .setState(TaskState.FAILED)
                .setCommand("make\nall")
                .setExitCode(2)
                .setStartedAtMillis(1_000)
                .setEndedAtMillis(4_200)
                .build());
        gateway.registry.put(terminal(TWO, 5, 6));

        String several = gateway.get(gateway.token("alice"), PATH + "/history").body();
        JsonNode one = json(gateway.get(gateway.token("alice"), PATH + "/history?format=json&terminal=" + TWO))
                .at("/terminals/0");

        assertThat(several)
                .isEqualTo("=== " + ONE + "\nline 0\nline 1\n=== " + TWO
                        + " FAILED exit 2 1970-01-01T00:00:01Z to 1970-01-01T00:00:04.200Z (3.2 s) $ make all\n"
                        + "[... 5 lines no longer kept ...]\nline 5\n");
        assertThat(one.get("command").asText()).isEqualTo("make\nall");
        assertThat(one.get("state").asText()).isEqualTo("FAILED");
        assertThat(one.get("exitCode").asInt()).isEqualTo(2);
        assertThat(one.get("startedAt").asText()).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(one.get("firstLine").asLong()).isEqualTo(5);
        assertThat(one.get("final").asLong()).isEqualTo(6);
        assertThat(one.get("nextLine").asLong()).isEqualTo(6);
        assertThat(one.get("lines").toString()).isEqualTo("[\"line 5\"]");
        assertThat(one.has("numbers")).isFalse();
    }

    @Test
    void a_search_names_only_terminals_in_which_something_was_found() throws Exception {
        gateway.registry.put(terminal(ONE, 0, 2));
        gateway.registry.put(terminal(TWO, 5, 6));

        assertThat(gateway.get(gateway.token("alice"), PATH + "/history?grep=line%201")
                        .body())
                .isEqualTo("=== " + ONE + "\nline 1\n");
        assertThat(gateway.get(gateway.token("alice"), PATH + "/history?grep=nothing")
                        .body())
                .isEmpty();
        assertThat(json(gateway.get(gateway.token("alice"), PATH + "/history?format=json&grep=line%201"))
                        .at("/terminals")
                        .findValuesAsText("terminal"))
                .containsExactly(ONE);
        assertThat(json(gateway.get(gateway.token("alice"), PATH + "/history?format=json&grep=nothing&terminal=" + ONE))
                        .at("/terminals")
                        .findValuesAsText("terminal"))
                .containsExactly(ONE);
    }

    @Test
    void the_terminal_of_a_task_that_has_printed_nothing_is_there_without_lines() throws Exception {
        gateway.registry.put(Task.newBuilder()
                .setTaskId(ONE)
                .setNodeId(NODE)
                .setState(TaskState.QUEUED)
                .setCommand("make")
                .build());

        HttpResponse<String> text = gateway.get(gateway.token("alice"), PATH + "/history?terminal=" + ONE);
        JsonNode terminal = json(gateway.get(gateway.token("alice"), PATH + "/history?format=json&terminal=" + ONE))
                .at("/terminals/0");

        assertThat(text.statusCode()).isEqualTo(200);
        assertThat(text.body()).isEmpty();
        assertThat(terminal.get("command").asText()).isEqualTo("make");
        assertThat(terminal.get("state").asText()).isEqualTo("QUEUED");
        assertThat(terminal.get("nextLine").asLong()).isZero();
        assertThat(terminal.get("lines")).isEmpty();
        assertProblem(gateway.get(gateway.token("alice"), PATH + "/history?terminal=" + TWO), 404, "not-found");
        assertProblem(gateway.get(gateway.token("alice"), PATH + "/history?terminal=nothing"), 422, "invalid");
        assertThat(gateway.get(gateway.token("alice"), PATH + "/history?terminal=")
                        .statusCode())
                .as("without a value it counts as left out")
                .isEqualTo(200);
        assertThat(gateway.get(gateway.token("alice"), PATH + "/tasks?after=").statusCode())
                .isEqualTo(200);
    }

    @Test
    void no_answer_has_more_bytes_than_asked_for_headers_and_markers_included() throws Exception {
        gateway.registry.put(terminal(ONE, 0, 30));
        gateway.registry.put(terminal(TWO, 0, 30));

        for (int bytesMax : new int[] {1, 10, 40, 100, 200, 300}) {
            String text = gateway.get(gateway.token("alice"), PATH + "/history?maxBytes=" + bytesMax)
                    .body();
            assertThat(text.length()).isLessThanOrEqualTo(bytesMax);
        }
        assertThat(gateway.get(gateway.token("alice"), PATH + "/history?maxBytes=200")
                        .body())
                .contains("=== " + ONE)
                .contains("=== " + TWO)
                .endsWith("line 28\nline 29\n");
    }

    @Test
    void lines_that_are_left_out_are_said_to_be_and_scattered_ones_are_numbered() throws Exception {
        gateway.registry.put(terminal(ONE, 0, 100).toBuilder()
                .clearLines()
                .addLines(Line.newBuilder().setNumber(0).setText("head"))
                .addLines(Line.newBuilder().setNumber(99).setText("tail"))
                .setCutFrom(1)
                .setCutTo(99)
                .build());

        assertThat(gateway.get(gateway.token("alice"), PATH + "/history?maxBytes=100")
                        .body())
                .isEqualTo("head\n[... 98 lines left out ...]\ntail\n");
        assertThat(json(gateway.get(gateway.token("alice"), PATH + "/history?format=json"))
                        .at("/terminals/0/numbers")
                        .toString())
                .isEqualTo("[0,99]");
    }

    @Test
    void a_pattern_that_would_grow_too_large_is_refused_before_the_registry_is_asked() throws Exception {
        for (String pattern : List.of("((a{1000}){1000}){1000}", "(?:a|b|c|d|e|f|g|h){1000}".repeat(20))) {
            String query = "?grep=" + URLEncoder.encode(pattern, StandardCharsets.UTF_8);
            assertProblem(gateway.get(gateway.token("alice"), PATH + "/history" + query), 422, "pattern-too-large");
        }
        assertThat(gateway.registry.read).isEmpty();
    }

    @Test
    void an_answer_says_what_it_leaves_out_and_where_to_go_on() throws Exception {
        gateway.registry.put(terminal(ONE, 100, 102).toBuilder()
                .setMoreFrom(0)
                .setMoreTo(100)
                .setMoreReason(MoreReason.MORE_REASON_LINES)
                .build());

        assertThat(gateway.get(gateway.token("alice"), PATH + "/history").body())
                .isEqualTo("[... 100 lines before ...]\nline 100\nline 101\n");
        JsonNode more = json(gateway.get(gateway.token("alice"), PATH + "/history?format=json"))
                .at("/terminals/0/more");
        assertThat(more.toString()).isEqualTo("{\"from\":0,\"to\":100,\"reason\":\"lines\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "lines=0",
        "lines=10001",
        "lines=x",
        "before=5",
        "after=5",
        "format=xml",
        "maxBytes=0",
        "grep=(",
        "grep=(?i)\u1c80",
    })
    void a_wrong_question_about_history_is_named(String query) throws Exception {
        assertProblem(gateway.get(gateway.token("alice"), PATH + "/history?" + query), 422, "invalid");
    }

    @Test
    void all_the_text_of_a_terminal_is_read_page_by_page() throws Exception {
        gateway.registry.put(Task.newBuilder()
                .setTaskId(ONE)
                .setNodeId(NODE)
                .setState(TaskState.SUCCEEDED)
                .build());
        gateway.registry.put(terminal(ONE, 10, 3_500));
        gateway.registry.put(ONE, new RawFixture().index(1, true));

        String text = gateway.get(gateway.token("alice"), PATH + "/tasks/" + ONE + "/output")
                .body();

        assertThat(text.lines()).hasSize(3_490).startsWith("line 10", "line 11").endsWith("line 3499");
        assertThat(gateway.registry.read.stream().mapToInt(r -> r.getLines()).max())
                .hasValue(1_000);
    }

    private HttpResponse<String> run(String body) throws Exception {
        return gateway.send(gateway.token("alice"), "POST", PATH + "/tasks", body);
    }

    private static TerminalHistory terminal(String id, long from, long to) {
        return TerminalHistory.newBuilder()
                .setTerminalId(id)
                .setFirstKept(from)
                .setFinal(to)
                .setNextLine(to)
                .addAllLines(LongStream.range(from, to)
                        .mapToObj(number -> Line.newBuilder()
                                .setNumber(number)
                                .setText("line " + number)
                                .build())
                        .toList())
                .build();
    }
}
