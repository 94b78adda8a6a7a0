package dev.muster.fanout.resources.groups;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.json.Json;
import dev.muster.proto.query.v1.GetTaskGroupResponse;
import dev.muster.proto.query.v1.ListTaskGroupsRequest;
import dev.muster.proto.query.v1.ListTaskGroupsResponse;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.TaskGroup;
import dev.muster.proto.records.v1.TaskGroupMember;
import dev.muster.proto.records.v1.TaskGroupMemberState;
import dev.muster.proto.records.v1.TaskGroupState;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Task groups as JSON. */
public final class GroupJson {
    private static final Pattern NEXT = Pattern.compile("([0-9]{1,18})-(.+)");
    private static final String PENDING = "PENDING";
    private static final String SKIPPED = "SKIPPED";
    private static final String QUEUED = "QUEUED";

    private GroupJson() {}

    public static ObjectNode page(GetTaskGroupResponse page) {
        ObjectNode json = wrapped(page.getGroup());
        ArrayNode results = json.putArray("results");
        page.getMembersList().forEach(member -> results.add(result(page.getGroup(), member)));
        json.put("next", page.getNext().isEmpty() ? null : page.getNext());
        return json;
    }

    static ObjectNode list(ListTaskGroupsResponse page) {
        ObjectNode json = Json.object();
        ArrayNode groups = json.putArray("taskGroups");
        page.getGroupsList().forEach(group -> groups.add(group(group)));
        json.put("next", page.getMore() ? next(page.getGroups(page.getGroupsCount() - 1)) : null);
        return json;
    }

    /** Where the next page starts: a group by its place in the order, since it may be forgotten by then. */
    private static String next(TaskGroup last) {
        return last.getCreatedAtMillis() + "-" + last.getGroupId();
    }

    static void start(String after, ListTaskGroupsRequest.Builder request) {
        Matcher matcher = NEXT.matcher(after);
        if (!matcher.matches() || !Ids.isId(Ids.Kind.TASK_GROUP, matcher.group(2))) {
            throw Fields.invalid("'after' is not the 'next' of a page.");
        }
        request.setAfterCreatedAtMillis(Long.parseLong(matcher.group(1))).setAfterGroupId(matcher.group(2));
    }

    static TaskGroupState state(String name) {
        return Arrays.stream(TaskGroupState.values())
                .filter(state -> state.name().equals("GROUP_" + name))
                .findFirst()
                .orElseThrow(() -> Fields.invalid(
                        "'state' is none of RUNNING, FAILING, CANCELLING, SUCCEEDED, FAILED, CANCELLED."));
    }

    static ObjectNode wrapped(TaskGroup group) {
        ObjectNode json = Json.object();
        json.set("taskGroup", group(group));
        return json;
    }

    private static ObjectNode group(TaskGroup group) {
        CreateTask task = group.getTask();
        ObjectNode json = Json.object();
        json.put("groupId", group.getGroupId());
        json.put("state", state(group));
        json.put("reason", textOrNull(group.getReason()));
        ObjectNode labels = json.putObject("selector").putObject("labels");
        new TreeMap<>(group.getSelectorLabelsMap()).forEach(labels::put);
        json.put("command", textOrNull(task.getCommand()));
        json.set("argv", task.getArgvCount() == 0 ? null : Json.texts(task.getArgvList()));
        json.put("user", textOrNull(task.getUser()));
        json.put("maxConcurrency", group.getMaxConcurrency());
        json.put("maxFailures", group.hasMaxFailures() ? group.getMaxFailures() : null);
        json.put("requestedBy", group.getRequestedBy());
        json.put("createdAt", Json.time(group.getCreatedAtMillis()));
        json.put("endedAt", Json.time(group.getEndedAtMillis()));
        json.put("nodes", group.getNodes());
        Map<String, Integer> counts = new TreeMap<>();
        group.getCountsMap().forEach((name, count) -> counts.merge(shown(group, name), count, Integer::sum));
        ObjectNode counted = json.putObject("counts");
        counts.forEach(counted::put);
        return json;
    }

    private static ObjectNode result(TaskGroup group, TaskGroupMember member) {
        ObjectNode json = Json.object();
        json.put("nodeId", member.getNodeId());
        json.put("name", textOrNull(member.getName()));
        json.put("taskId", member.getTaskId());
        json.put("state", state(group, member));
        json.put("reason", textOrNull(member.getReason()));
        json.put("exitCode", member.hasExitCode() ? member.getExitCode() : null);
        json.put("signal", textOrNull(member.getSignal()));
        json.put("startedAt", Json.time(member.getStartedAtMillis()));
        json.put("endedAt", Json.time(member.getEndedAtMillis()));
        json.put("outputBytes", member.getOutputBytes());
        return json;
    }

    static String state(TaskGroup group) {
        return group.getState().name().replaceFirst("^GROUP_", "");
    }

    static String state(TaskGroup group, TaskGroupMember member) {
        return member.getState() == TaskGroupMemberState.MEMBER_TASK
                ? member.getTaskState().name()
                : shown(group, member.getState().name().replaceFirst("^MEMBER_", ""));
    }

    static boolean isEnded(TaskGroup group) {
        return group.getEndedAtMillis() != 0;
    }

    /** A node that was asked has its task waiting there. A node that was not asked before the end never will be. */
    private static String shown(TaskGroup group, String state) {
        return switch (state) {
            case PENDING -> isEnded(group) ? SKIPPED : PENDING;
            case "REQUESTED" -> QUEUED;
            default -> state;
        };
    }

    private static @Nullable String textOrNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
