package dev.muster.fanout.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.access.Roles;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and tasks as JSON, the same in HTTP answers and WebSocket frames: camelCase, times in ISO 8601 UTC, enums in
 * upper case, null for unknown values. Thread-safe.
 */
public final class Json {
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

    /** Refuses trailing text and repeated keys, so that no two readers understand a body differently. */
    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private Json() {}

    /** An empty object. */
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    public static byte[] bytes(ObjectNode object) {
        try {
            return MAPPER.writeValueAsBytes(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree always has a text", e);
        }
    }

    /** @param role of the user who reads it */
    public static ObjectNode node(NodeView view, Role role) {
        NodeRecord record = view.getNode();
        NodeState state = view.getState();
        Host host = state.getHost();
        boolean met = state.hasHost();
        ObjectNode json = object();
        json.put("nodeId", record.getNodeId());
        json.put("name", record.getName());
        json.put("owner", record.getOwner());
        json.set("groups", groups(record.getGroupsList()));
        ObjectNode labels = json.putObject("labels");
        record.getLabelsMap().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .forEach(label -> labels.put(label.getKey(), label.getValue()));
        json.put("status", status(state.getStatus()));
        json.put("statusReason", textOrNull(state.getStatusReason()));
        json.put("lastSeenAt", time(state.getLastSeenMillis()));
        json.put("connectedSince", time(state.getConnectedSinceMillis()));
        json.put("agentVersion", textOrNull(state.getAgentVersion()));
        json.put("hostname", textOrNull(host.getHostname()));
        json.put("os", textOrNull(host.getOs()));
        json.put("arch", textOrNull(host.getArch()));
        json.put("cpuCount", met ? host.getCpuCount() : null);
        json.put("memoryTotalBytes", met ? host.getMemoryTotalBytes() : null);
        json.set("vitals", state.hasVitals() ? vitals(state.getVitals()) : null);
        json.put("runningTasks", state.getRunningTasks());
        json.put("cloneSuspected", state.getCloneSuspected());
        json.put("version", view.getViewVersion());
        json.put("role", Roles.name(role));
        return json;
    }

    /** The task without {@code rawAvailable}, which no record holds. */
    public static ObjectNode task(Task task) {
        ObjectNode json = object();
        json.put("taskId", task.getTaskId());
        json.put("nodeId", task.getNodeId());
        json.put("state", task.getState().name());
        json.put("reason", textOrNull(task.getReason()));
        json.put("command", textOrNull(task.getCommand()));
        json.set("argv", task.getArgvCount() == 0 ? null : texts(task.getArgvList()));
        json.set("pty", task.hasPty() ? size(task.getPty()) : null);
        json.put("user", textOrNull(task.getUser()));
        json.put("requestedBy", task.getRequestedBy());
        json.put("createdAt", time(task.getCreatedAtMillis()));
        json.put("startedAt", time(task.getStartedAtMillis()));
        json.put("endedAt", time(task.getEndedAtMillis()));
        json.put("exitCode", task.hasExitCode() ? task.getExitCode() : null);
        json.put("signal", textOrNull(task.getSignal()));
        json.put("outputBytes", task.getOutputBytes());
        json.put("inputDroppedBytes", task.getInputDroppedBytes());
        json.putNull("rawAvailable");
        return json;
    }

    /** A grant of RUN is the group's name alone; another one {@code {name, role}}. */
    public static ArrayNode groups(List<GroupGrant> grants) {
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        for (GroupGrant grant : grants) {
            if (grant.getRole() == Role.ROLE_RUN) {
                json.add(grant.getGroup());
            } else {
                json.addObject().put("name", grant.getGroup()).put("role", Roles.name(grant.getRole()));
            }
        }
        return json;
    }

    public static ObjectNode size(WindowSize size) {
        return object().put("cols", size.getCols()).put("rows", size.getRows());
    }

    public static ArrayNode texts(List<String> texts) {
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        texts.forEach(json::add);
        return json;
    }

    /** ISO 8601 in UTC; null for 0, which records use for "not yet", and for what has no year of four digits. */
    public static @Nullable String time(long millis) {
        return millis == 0 ? null : time(Instant.ofEpochMilli(millis));
    }

    /** ISO 8601 in UTC; null for what has no year of four digits. */
    public static @Nullable String time(Instant time) {
        return time.isBefore(FIRST) || time.isAfter(LAST) ? null : time.toString();
    }

    /** A node without a state in the registry was never seen. */
    static String status(NodeStatus status) {
        return status == NodeStatus.NODE_STATUS_UNSPECIFIED ? NodeStatus.NEVER_SEEN.name() : status.name();
    }

    private static ObjectNode vitals(Vitals vitals) {
        ObjectNode json = object();
        json.put("cpuPercent", vitals.getCpuPercent());
        ArrayNode cores = json.putArray("cpuPercentPerCore");
        vitals.getCpuPercentPerCoreList().forEach(cores::add);
        json.put("memoryUsedBytes", vitals.getMemoryUsedBytes());
        json.put("load1", vitals.getLoad1());
        json.put("load5", vitals.getLoad5());
        json.put("load15", vitals.getLoad15());
        json.put("diskUsedBytes", vitals.getDiskUsedBytes());
        json.put("diskTotalBytes", vitals.getDiskTotalBytes());
        return json;
    }

    private static @Nullable String textOrNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
