package dev.muster.fanout.resources.groups;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateTaskGroup;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskGroupState;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupCallsTest {
    private static final String GROUP = Ids.derive(Ids.Kind.TASK_GROUP, "one");
    private static final String PATH = "/api/v1/tasks/" + GROUP;

    private static final String TASK_ONE = "tk_01j900000000000000000000a1";

    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = new GatewayFixture();
        for (int i = 1; i <= 3; i++) {
            gateway.registry.put(NodeView.newBuilder()
                    .setNode(NodeRecord.newBuilder()
                            .setNodeId(FakeRegistry.nodeId(i))
                            .setOwner(i == 3 ? "bob" : "alice")
                            .addGroups(
                                    GroupGrant.newBuilder().setGroup("readers").setRole(Role.ROLE_VIEW)))
                    .build());
        }
        gateway.registry.put(GetTaskGroupResponse.newBuilder()
                .setGroup(TaskGroup.newBuilder()
                        .setGroupId(GROUP)
                        .setState(TaskGroupState.GROUP_FAILED)
                        .setRequestedBy("alice")
                        .setCreatedAtMillis(5)
                        .setEndedAtMillis(6)
                        .setNodes(3)
                        .putCounts("SUCCEEDED", 1)
                        .putCounts("REFUSED", 1)
                        .putCounts("PENDING", 1))
                .addMembers(member(1)
                        .setState(TaskGroupMemberState.MEMBER_TASK)
                        .setTaskState(TaskState.SUCCEEDED)
                        .setExitCode(0))
                .addMembers(
                        member(2).setState(TaskGroupMemberState.MEMBER_REFUSED).setReason("not-found: gone"))
                .addMembers(member(3).setState(TaskGroupMemberState.MEMBER_PENDING))
                .setNext(FakeRegistry.nodeId(3))
                .build());
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private static TaskGroupMember.Builder member(int number) {
        return TaskGroupMember.newBuilder()
                .setNodeId(FakeRegistry.nodeId(number))
                .setName("node-" + number)
                .setTaskId("tk_01j900000000000000000000a" + number);
    }

    private HttpResponse<String> run(String body) throws Exception {
        return gateway.send(gateway.token("alice"), "POST", "/api/v1/tasks", body);
    }

    @Test
    void a_command_for_many_nodes_is_accepted_for_those_on_which_the_user_may_run_something() throws Exception {
        HttpResponse<String> accepted = run("""
                {"selector": {"labels": {"env": "prod"}}, "command": "uptime", "maxConcurrency": 2, "maxFailures": 0,
                 "user": "deploy", "idempotencyKey": "k1"}
                """);

        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        String groupId = Ids.derive(Ids.Kind.TASK_GROUP, "alice", "k1");
        assertThat(accepted.headers().firstValue("Location")).contains("/api/v1/tasks/" + groupId);
        JsonNode group = json(accepted).get("taskGroup");
        assertThat(group.get("groupId").asText()).isEqualTo(groupId);
        assertThat(group.get("state").asText()).isEqualTo("RUNNING");
        assertThat(group.get("selector").get("labels").get("env").asText()).isEqualTo("prod");
        assertThat(group.get("counts").get("QUEUED").asInt()).isEqualTo(1);
        CommandRecord command = gateway.registry.commands.get(0);
        assertThat(command.getGroupId()).isEqualTo(groupId);
        assertThat(command.getNodeId()).isEmpty();
        CreateTaskGroup create = command.getCreateTaskGroup();
        assertThat(create.getNodeIdsList()).containsExactly(FakeRegistry.nodeId(1), FakeRegistry.nodeId(2));
        assertThat(create.getMaxConcurrency()).isEqualTo(2);
        assertThat(create.hasMaxFailures()).isTrue();
        assertThat(create.getTask().getCommand()).isEqualTo("uptime");
        assertThat(create.getTask().getUser()).isEqualTo("deploy");
        assertThat(group.get("user").asText()).isEqualTo("deploy");
        assertThat(gateway.registry.listed.get(0).getLabelsMap()).containsEntry("env", "prod");
    }

    @Test
    void a_selector_that_matches_nothing_to_run_on_is_invalid() throws Exception {
        HttpResponse<String> refused = gateway.send(
                gateway.token("carol", "readers"),
                "POST",
                "/api/v1/tasks",
                "{\"selector\": {\"labels\": {\"a\": \"b\"}}, \"command\": \"ls\"}");
        assertProblem(refused, 422, "invalid");
        assertThat(gateway.registry.commands).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"command\":\"ls\"}",
                "{\"selector\":{},\"command\":\"ls\"}",
                "{\"selector\":{\"labels\":{}},\"command\":\"ls\"}",
                "{\"selector\":{\"labels\":{\"a\":1}},\"command\":\"ls\"}",
                "{\"selector\":{\"labels\":{\"a\":\"b\"},\"name\":\"x\"},\"command\":\"ls\"}",
                "{\"selector\":{\"labels\":{\"a\":\"b\"}}}",
                "{\"selector\":{\"labels\":{\"a\":\"b\"}},\"command\":\"ls\",\"maxConcurrency\":0}",
                "{\"selector\":{\"labels\":{\"a\":\"b\"}},\"command\":\"ls\",\"maxFailures\":-1}",
            })
    void what_is_wrong_is_refused_before_the_registry_is_asked(String body) throws Exception {
        assertProblem(run(body), 422, "invalid");
        assertThat(gateway.registry.commands).isEmpty();
    }

    @Test
    void the_result_is_one_list_of_what_became_of_each_node() throws Exception {
        JsonNode page = json(gateway.get(gateway.token("alice"), PATH + "?limit=3"));
        assertThat(page.get("results"))
                .extracting(result -> result.get("state").asText())
                .containsExactly("SUCCEEDED", "REFUSED", "SKIPPED");
        assertThat(page.get("results").get(0).get("exitCode").asInt()).isZero();
        assertThat(page.get("results").get(1).get("exitCode").isNull()).isTrue();
        assertThat(page.get("taskGroup").get("counts").get("SKIPPED").asInt()).isEqualTo(1);
        assertThat(page.get("next").asText()).isEqualTo(FakeRegistry.nodeId(3));
    }

    @Test
    void groups_are_listed_page_by_page_to_each_user_the_own_and_to_admins_all() throws Exception {
        JsonNode page = json(gateway.get(gateway.token("alice"), "/api/v1/tasks?state=FAILED&state=RUNNING&limit=1"));
        assertThat(page.get("taskGroups").get(0).get("groupId").asText()).isEqualTo(GROUP);
        String next = page.get("next").asText();
        json(gateway.get(gateway.adminToken(), "/api/v1/tasks?after=" + next));

        ListTaskGroupsRequest alices = gateway.registry.groupsListed.get(0);
        ListTaskGroupsRequest admins = gateway.registry.groupsListed.get(1);
        assertThat(alices.getRequestedBy()).isEqualTo("alice");
        assertThat(alices.getLimit()).isEqualTo(1);
        assertThat(alices.getStatesList()).containsExactly(TaskGroupState.GROUP_FAILED, TaskGroupState.GROUP_RUNNING);
        assertThat(admins.getRequestedBy()).isEmpty();
        assertThat(admins.getAfterGroupId()).isEqualTo(GROUP);
        assertThat(admins.getAfterCreatedAtMillis()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state=ENDED", "state=TASK_GROUP_STATE_UNSPECIFIED", "limit=0", "after=x", "after=1-x"})
    void a_wrong_question_for_groups_is_named(String query) throws Exception {
        assertProblem(gateway.get(gateway.token("alice"), "/api/v1/tasks?" + query), 422, "invalid");
    }

    @Test
    void a_group_of_somebody_else_is_not_there_but_for_admins() throws Exception {
        assertProblem(gateway.get(gateway.token("bob"), PATH), 404, "not-found");
        assertProblem(gateway.get(gateway.token("bob"), PATH + "/output"), 404, "not-found");
        assertProblem(gateway.send(gateway.token("bob"), "POST", PATH + "/cancel", ""), 404, "not-found");
        assertProblem(gateway.get(gateway.token("alice"), "/api/v1/tasks/none"), 404, "not-found");
        assertThat(gateway.registry.commands).isEmpty();
    }

    @Test
    void a_group_is_cancelled_by_who_made_it() throws Exception {
        HttpResponse<String> cancelled = gateway.send(gateway.token("alice"), "POST", PATH + "/cancel", "");
        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(json(cancelled).get("taskGroup").get("state").asText()).isEqualTo("CANCELLING");
        assertThat(gateway.registry.commands.get(0).hasCancelTaskGroup()).isTrue();
    }

    @Test
    void the_output_of_all_nodes_is_one_text_with_a_header_each() throws Exception {
        HttpResponse<String> output = gateway.get(gateway.token("alice"), PATH + "/output?lines=5");
        assertThat(output.statusCode()).isEqualTo(200);
        assertThat(output.body().lines().filter(line -> line.startsWith("==> ")))
                .containsExactly("==> node-1 SUCCEEDED 0 <==", "==> node-2 REFUSED <==", "==> node-3 SKIPPED <==");
        assertThat(output.headers().firstValue("Muster-Next")).contains(FakeRegistry.nodeId(3));
    }

    @Test
    void output_cannot_look_like_a_header_or_a_marker() throws Exception {
        List<String> printed = List.of(
                "==> node-2 SUCCEEDED 0 <==",
                "[... not readable: internal ...]",
                "\\==> node-2 FAILED 1 <==",
                "a\u2028==> node-2 SUCCEEDED 0 <==",
                " ==> indented",
                "=== equal");
        TerminalHistory.Builder terminal = TerminalHistory.newBuilder().setTerminalId(TASK_ONE);
        for (int i = 0; i < printed.size(); i++) {
            terminal.addLines(Line.newBuilder().setNumber(i).setText(printed.get(i)));
        }
        gateway.registry.put(terminal.setNextLine(printed.size()).build());

        HttpResponse<String> output = gateway.get(gateway.token("alice"), PATH + "/output");

        assertThat(output.body()).isEqualTo("""
                        ==> node-1 SUCCEEDED 0 <==
                        \\==> node-2 SUCCEEDED 0 <==
                        \\[... not readable: internal ...]
                        \\\\==> node-2 FAILED 1 <==
                        a ==> node-2 SUCCEEDED 0 <==
                         ==> indented
                        === equal
                        ==> node-2 REFUSED <==
                        ==> node-3 SKIPPED <==
                        """);
    }
}
