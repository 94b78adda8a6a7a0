package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.console.CliFailure;
import dev.muster.client.ApiClient;
import dev.muster.contract.ids.Ids;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The node that a person names, by its id or by a name that only one node has. */
public final class NodeRef {
    private static final int NAMED_MAX = 5;

    private NodeRef() {}

    /** Its id. */
    public static String resolve(ApiClient api, String idOrName) {
        if (Ids.isId(Ids.Kind.NODE, idOrName)) {
            return idOrName;
        }
        List<JsonNode> nodes = named(api, idOrName);
        if (nodes.isEmpty()) {
            throw new CliFailure("there is no node '" + idOrName + "'");
        }
        if (nodes.size() > 1) {
            throw new CliFailure(nodes.size() + " nodes are called '" + idOrName + "'; use an id: "
                    + nodes.stream()
                            .sorted(Comparator.comparing(NodeRef::neverSeen))
                            .limit(NAMED_MAX)
                            .map(NodeRef::told)
                            .collect(Collectors.joining(", "))
                    + (nodes.size() > NAMED_MAX ? ", ..." : "")
                    + (nodes.stream().anyMatch(NodeRef::neverSeen)
                            ? "; one that no agent has joined can go: infra/muster node rm ID"
                            : ""));
        }
        return nodes.get(0).path("nodeId").asText();
    }

    private static boolean neverSeen(JsonNode node) {
        return node.path("status").asText().equals("NEVER_SEEN");
    }

    private static String told(JsonNode node) {
        return node.path("nodeId").asText() + " ("
                + node.path("status").asText("?").toLowerCase(Locale.ROOT).replace('_', ' ') + ")";
    }

    /** All nodes with exactly this name that the user may see. */
    static List<JsonNode> named(ApiClient api, String name) {
        List<JsonNode> nodes = new ArrayList<>();
        for (NodePages pages = new NodePages(api, "q=" + ApiClient.encode(name)); pages.hasNext(); ) {
            for (JsonNode node : pages.next().path("nodes")) {
                if (node.path("name").asText().equals(name)) {
                    nodes.add(node);
                }
            }
        }
        return nodes;
    }
}
