package dev.muster.fanout.resources.groups;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.resources.tasks.TaskInput;
import dev.muster.proto.records.v1.CreateTaskGroup;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields of a command for many nodes in a request's body. */
public final class GroupInput {
    public static final Set<String> FIELDS = fields();
    private static final int LABELS_MAX = 64;
    private static final int NODES_MAX = 20_000;

    private GroupInput() {}

    /** Without the nodes, which the caller looks up. */
    static CreateTaskGroup.Builder read(byte[] body) {
        Fields fields = Fields.of(body, FIELDS);
        CreateTaskGroup.Builder group = CreateTaskGroup.newBuilder();
        boolean selects = fields.object(
                "selector", Set.of("labels"), selector -> labels(selector.present("labels"), selector, group));
        if (!selects) {
            fields.mistake("'selector' is missing");
        }
        group.setTask(TaskInput.read(fields));
        fields.integer("maxConcurrency", 1, NODES_MAX).ifPresent(group::setMaxConcurrency);
        fields.integer("maxFailures", 0, NODES_MAX).ifPresent(group::setMaxFailures);
        fields.throwIfMistaken();
        return group;
    }

    private static void labels(@Nullable JsonNode labels, Fields selector, CreateTaskGroup.Builder group) {
        // an empty selector would mean the whole fleet, which a user must not get by leaving a field out
        if (!(labels instanceof ObjectNode object) || object.isEmpty() || object.size() > LABELS_MAX) {
            selector.mistake("'labels' is not an object of 1 to " + LABELS_MAX + " labels");
            return;
        }
        for (Map.Entry<String, JsonNode> label : object.properties()) {
            if (label.getValue().isTextual()
                    && Ids.isLabel(label.getKey(), label.getValue().textValue())) {
                group.putSelectorLabels(label.getKey(), label.getValue().textValue());
            } else {
                selector.mistake("'labels': '" + Fields.shortened(label.getKey()) + "' is no label with a text");
            }
        }
    }

    private static Set<String> fields() {
        Set<String> fields = new HashSet<>(TaskInput.FIELDS);
        fields.addAll(Set.of("selector", "maxConcurrency", "maxFailures"));
        return Set.copyOf(fields);
    }
}
