package dev.muster.fanout.http;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.fanout.resources.groups.GroupInput;
import dev.muster.fanout.resources.groups.GroupJson;
import dev.muster.fanout.resources.nodes.NodeInput;
import dev.muster.fanout.resources.signin.RevocationCalls;
import dev.muster.fanout.resources.tasks.TaskInput;
import dev.muster.fanout.transport.StreamEndpoint;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskGroupMember;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code /openapi.json} says, beside what there is. */
class OpenApiTest {
    /** The page itself: files, no interface. */
    private static final Set<String> PAGE = Set.of("GET /", "GET /{file}", "GET /assets/{file}");

    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

    private GatewayFixture gateway;
    private JsonNode document;

    @BeforeEach
    void read() throws Exception {
        gateway = new GatewayFixture();
        document = json(gateway.send(java.net.http.HttpRequest.newBuilder(gateway.uri("/openapi.json"))));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void every_route_is_described_and_nothing_else() {
        Set<String> routes = new TreeSet<>(gateway.routes());
        routes.removeAll(PAGE);
        // HEAD is wherever GET is, and described where it has a use of its own
        routes.removeIf(route -> route.startsWith("HEAD "));
        // beside Javalin's routes, as servlets
        for (String stream : List.of("", "/sse", "/ndjson")) {
            routes.add("GET " + StreamEndpoint.PATH + stream);
        }
        Set<String> described = new TreeSet<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    if (!call.getKey().equals("parameters") && !call.getKey().equals("head")) {
                        described.add(call.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        assertThat(described).isEqualTo(routes);
    }

    @Test
    void every_call_has_a_name_of_its_own_a_summary_and_its_path_s_parameters() {
        List<String> names = new ArrayList<>();
        document.path("paths").properties().forEach(path -> {
            List<String> parameters = new ArrayList<>();
            path.getValue()
                    .path("parameters")
                    .forEach(parameter ->
                            parameters.add(resolve(parameter).path("name").asText()));
            assertThat(PARAMETER.matcher(path.getKey()).results().map(found -> found.group(1)))
                    .as(path.getKey())
                    .isEqualTo(parameters);
            path.getValue().properties().forEach(call -> {
                if (!call.getKey().equals("parameters")) {
                    names.add(call.getValue().path("operationId").asText());
                    assertThat(call.getValue().path("summary").asText())
                            .as(path.getKey())
                            .isNotEmpty();
                    assertThat(call.getValue().path("responses").size()).isGreaterThan(1);
                }
            });
        });
        assertThat(names).doesNotHaveDuplicates().doesNotContain("");
    }

    @Test
    void every_call_that_changes_something_says_what_a_repeat_does() {
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(call -> {
                    if (Set.of("post", "put", "patch", "delete").contains(call.getKey())) {
                        assertThat(call.getValue().path("x-repeat").asText())
                                .as(call.getKey() + " " + path.getKey())
                                .isNotEmpty();
                    }
                }));
    }

    @Test
    void every_reference_leads_somewhere() {
        List<JsonNode> references = document.findValues("$ref");
        assertThat(references).hasSizeGreaterThan(20);
        references.forEach(reference -> assertThat(
                        document.at(reference.asText().substring(1)).isMissingNode())
                .as(reference.asText())
                .isFalse());
    }

    @Test
    void the_fields_of_answers_are_those_described() {
        NodeView view = NodeView.newBuilder()
                .setState(NodeState.newBuilder().setVitals(Vitals.getDefaultInstance()))
                .build();
        JsonNode node = Json.node(view, Role.ROLE_VIEW);
        assertThat(fields(node)).isEqualTo(described("Node"));
        assertThat(fields(node.path("vitals"))).isEqualTo(described("Vitals"));
        assertThat(fields(Json.task(Task.getDefaultInstance()))).isEqualTo(described("Task"));
        JsonNode group = GroupJson.page(GetTaskGroupResponse.newBuilder()
                .addMembers(TaskGroupMember.getDefaultInstance())
                .build());
        assertThat(fields(group.path("taskGroup"))).isEqualTo(described("TaskGroup"));
        assertThat(fields(group.path("results").path(0))).isEqualTo(described("TaskGroupResult"));
        assertThat(fields(new Problems(() -> "id").json(new IllegalStateException())))
                .isEqualTo(described("Problem"));
    }

    @Test
    void the_fields_of_bodies_are_those_described() {
        assertThat(described("NewTask")).isEqualTo(new TreeSet<>(TaskInput.FIELDS));
        assertThat(described("NewTaskGroup")).isEqualTo(new TreeSet<>(GroupInput.FIELDS));
        assertThat(described("NewNode")).isEqualTo(new TreeSet<>(NodeInput.CREATE));
        assertThat(described("NewNodeEntry")).isEqualTo(new TreeSet<>(NodeInput.ENTRY));
        assertThat(described("NewInvite")).isEqualTo(new TreeSet<>(IdempotencyKey.ALONE));
        assertThat(described("NewRevocation")).isEqualTo(new TreeSet<>(RevocationCalls.FIELDS));
        assertThat(described("NodePatch")).isEqualTo(new TreeSet<>(NodeInput.PATCH));
    }

    private JsonNode resolve(JsonNode node) {
        return document.at(node.path("$ref").asText().substring(1));
    }

    private Set<String> described(String schema) {
        return fields(document.at("/components/schemas/" + schema + "/properties"));
    }

    private static Set<String> fields(JsonNode object) {
        Set<String> fields = new TreeSet<>();
        object.fieldNames().forEachRemaining(fields::add);
        assertThat(fields).isNotEmpty();
        return fields;
    }
}
