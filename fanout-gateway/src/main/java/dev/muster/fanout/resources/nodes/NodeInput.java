package dev.muster.fanout.resources.nodes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.IdempotencyKey;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.GroupGrants;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.Role;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a body may say about a node: a new one, or a merge patch (RFC 7396). */
public final class NodeInput {
    /** Of an entry of a list; the list as a whole has the key. */
    public static final Set<String> ENTRY = Set.of("name", "labels", "groups");

    public static final Set<String> CREATE = Set.of("name", "labels", "groups", IdempotencyKey.FIELD);
    private static final Set<String> CREATE_ANY = Set.of("name", "labels", "groups", "nodes", IdempotencyKey.FIELD);
    public static final Set<String> PATCH = Set.of("name", "labels", "groups", "enabled");
    private static final int LABELS_MAX = 64;
    private static final int GROUPS_MAX = 64;
    private static final int NAME_CHARS_MAX = 63;

    private NodeInput() {}

    /**
     * One node, or {@code {nodes: [...]}}.
     *
     * @param nodesMax entries that the list may have
     * @throws dev.muster.contract.errors.MusterException {@code invalid} with every mistake, {@code too-large}
     */
    static NewNodes create(byte[] body, int nodesMax) {
        Fields fields = Fields.of(body, CREATE_ANY);
        List<CreateNode> nodes = new ArrayList<>();
        boolean many = fields.has("nodes");
        if (many) {
            ENTRY.stream()
                    .filter(fields::has)
                    .sorted()
                    .forEach(name -> fields.mistake("'" + name + "' beside 'nodes'"));
            fields.objects("nodes", nodesMax, ENTRY, node -> nodes.add(create(node)));
        } else {
            nodes.add(create(fields));
        }
        String key = IdempotencyKey.read(fields);
        fields.throwIfMistaken();
        return new NewNodes(many, key, nodes);
    }

    private static CreateNode create(Fields fields) {
        CreateNode.Builder node = CreateNode.newBuilder();
        Optional<String> name = name(fields);
        if (name.isEmpty()) {
            fields.mistake("'name' is missing");
        }
        name.ifPresent(node::setName);
        labels(fields, node::putLabels, key -> fields.mistake("'labels': '" + key + "' is null"));
        groups(fields).ifPresent(node::addAllGroups);
        return node.build();
    }

    /** What is to change, whatever the node's version. */
    static PatchNode patch(byte[] body) {
        Fields fields = Fields.of(body, PATCH);
        PatchNode.Builder patch = PatchNode.newBuilder();
        if (fields.isNull("name")) {
            fields.mistake("'name' cannot be removed");
        }
        if (fields.isNull("enabled")) {
            fields.mistake("'enabled' cannot be removed");
        }
        name(fields).ifPresent(patch::setName);
        fields.flag("enabled").ifPresent(patch::setEnabled);
        if (fields.isNull("labels")) {
            patch.setLabelsCleared(true);
        }
        labels(fields, patch::putLabels, patch::addLabelsRemoved);
        if (fields.isNull("groups")) {
            patch.setGroups(GroupGrants.getDefaultInstance());
        } else {
            groups(fields)
                    .ifPresent(
                            grants -> patch.setGroups(GroupGrants.newBuilder().addAllGroups(grants)));
        }
        fields.throwIfMistaken();
        return patch.build();
    }

    private static Optional<String> name(Fields fields) {
        Optional<String> name = fields.text("name", NAME_CHARS_MAX);
        if (name.isPresent() && !Ids.isNodeName(name.get())) {
            fields.mistake("'name' is not 1 to 63 letters, digits and . _ - between a letter or digit at each end");
        }
        return name;
    }

    private interface Label {
        void put(String key, String value);
    }

    private interface Removed {
        void label(String key);
    }

    private static void labels(Fields fields, Label put, Removed removed) {
        @Nullable JsonNode labels = fields.present("labels");
        if (labels == null) {
            return;
        }
        if (!labels.isObject()) {
            fields.mistake("'labels' is not an object of texts");
            return;
        }
        if (labels.size() > LABELS_MAX) {
            fields.mistake("'labels' has more than " + LABELS_MAX + " entries");
            return;
        }
        for (Map.Entry<String, JsonNode> label : labels.properties()) {
            String key = label.getKey();
            JsonNode value = label.getValue();
            if (value.isNull()) {
                removed.label(Fields.shortened(key));
            } else if (!value.isTextual() || !Ids.isLabel(key, value.textValue())) {
                fields.mistake(
                        "'labels': '%s' is not a valid label (key of up to 63 letters, digits and . _ / -; text of up to 63)"
                                .formatted(Fields.shortened(key)));
            } else {
                put.put(key, value.textValue());
            }
        }
    }

    private static Optional<List<GroupGrant>> groups(Fields fields) {
        @Nullable JsonNode groups = fields.present("groups");
        if (groups == null) {
            return Optional.empty();
        }
        if (!groups.isArray() || groups.size() > GROUPS_MAX) {
            fields.mistake("'groups' is not a list of up to " + GROUPS_MAX + " groups");
            return Optional.empty();
        }
        List<GroupGrant> grants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode entry : groups) {
            @Nullable GroupGrant grant = grant(entry);
            if (grant == null) {
                fields.mistake(
                        "'groups': an entry is neither a group's name nor {name, role} with a role of view, watch, type, run, admin");
            } else if (!names.add(grant.getGroup())) {
                fields.mistake("'groups': '" + grant.getGroup() + "' is named twice");
            } else {
                grants.add(grant);
            }
        }
        return Optional.of(grants);
    }

    private static @Nullable GroupGrant grant(JsonNode entry) {
        String name = entry.isTextual() ? entry.textValue() : entry.path("name").asText("");
        Role role = entry.isTextual() ? Role.ROLE_RUN : role(entry.path("role").asText(""));
        boolean shaped = entry.isTextual() || (entry.isObject() && entry.size() == 2);
        if (!shaped || !Ids.isGroup(name) || role == Role.ROLE_UNSPECIFIED) {
            return null;
        }
        return GroupGrant.newBuilder().setGroup(name).setRole(role).build();
    }

    private static Role role(String name) {
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "VIEW" -> Role.ROLE_VIEW;
            case "WATCH" -> Role.ROLE_WATCH;
            case "TYPE" -> Role.ROLE_TYPE;
            case "RUN" -> Role.ROLE_RUN;
            case "ADMIN" -> Role.ROLE_ADMIN;
            default -> Role.ROLE_UNSPECIFIED;
        };
    }
}
