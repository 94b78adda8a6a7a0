package dev.muster.e2e.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.access.Roles;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.json.Json;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * No viewer is ever told something impossible. In the end each viewer shows the nodes that the registry shows, and for
 * a terminal the lines and the end that the history has.
 */
final class ViewerConvergesToStore implements Invariant {
    private final List<Viewer> viewers;
    private final Registry registry;
    private final Histories histories;

    /** What viewers should show. */
    interface Registry {
        /** The node as the control app has it, or null if the user may not see it. */
        Map<String, NodeView> nodesOf(Viewer viewer);
    }

    ViewerConvergesToStore(List<Viewer> viewers, Registry registry, Histories histories) {
        this.viewers = viewers;
        this.registry = registry;
        this.histories = histories;
    }

    @Override
    public void afterStep() {
        for (Viewer viewer : viewers) {
            if (!viewer.wrong().isEmpty()) {
                throw Invariant.violation(ViewerConvergesToStore.class, viewer + " was told " + viewer.wrong());
            }
        }
    }

    @Override
    public void atRest() {
        String difference = difference();
        if (!difference.isEmpty()) {
            throw Invariant.violation(ViewerConvergesToStore.class, difference);
        }
    }

    /** What a viewer does not show in its present state, or nothing: changes may be on their way to it. */
    String difference() {
        for (Viewer viewer : viewers) {
            String difference = viewer.isOpen() ? nodes(viewer) : "not connected";
            for (Screen screen : viewer.screens().values()) {
                difference = difference.isEmpty()
                        ? screen.differs(histories.read(screen.nodeId(), screen.terminalId()))
                        : difference;
            }
            if (!difference.isEmpty()) {
                return viewer + ": " + difference;
            }
        }
        return "";
    }

    private String nodes(Viewer viewer) {
        Map<String, JsonNode> wanted = new LinkedHashMap<>();
        registry.nodesOf(viewer).forEach((nodeId, view) -> {
            Role role = Access.roleOf(viewer.user(), view.getNode());
            wanted.put(nodeId, Json.node(view, Roles.isAtLeast(role, Role.ROLE_VIEW) ? role : Role.ROLE_VIEW));
        });
        if (!wanted.keySet().equals(viewer.nodes().keySet())) {
            return "shows the nodes %s instead of %s".formatted(viewer.nodes().keySet(), wanted.keySet());
        }
        for (Map.Entry<String, JsonNode> node : wanted.entrySet()) {
            JsonNode shown = viewer.nodes().get(node.getKey());
            if (!withoutVersion(shown).equals(withoutVersion(node.getValue()))) {
                return "shows %s instead of %s".formatted(shown, node.getValue());
            }
        }
        return "";
    }

    /** Changes of the node's tasks count as well, and come as frames of their own. */
    private static String withoutVersion(@Nullable JsonNode node) {
        ObjectNode copy = node == null ? JsonNodeFactory.instance.objectNode() : node.deepCopy();
        copy.remove("version");
        return copy.toString();
    }
}
