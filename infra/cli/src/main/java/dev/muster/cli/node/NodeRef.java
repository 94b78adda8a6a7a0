package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.CliFailure;
import dev.muster.cli.api.ApiClient;
import dev.muster.contract.ids.Ids;
import java.util.ArrayList;
import java.util.List;

/** The node that a person means: an id, or a name that only one node has. */
public final class NodeRef {
    private static final int NAMED_MAX = 5;

    private NodeRef() {}

    /** Its id. */
    public static String resolve(ApiClient api, String idOrName) {
        if (Ids.isId(Ids.Kind.NODE, idOrName)) {
            return idOrName;
        }
        List<String> ids = named(api, idOrName);
        if (ids.isEmpty()) {
            throw new CliFailure("there is no node '" + idOrName + "'");
        }
        if (ids.size() > 1) {
            throw new CliFailure(ids.size() + " nodes are called '" + idOrName + "'; use an id: "
                    + String.join(", ", ids.subList(0, Math.min(NAMED_MAX, ids.size())))
                    + (ids.size() > NAMED_MAX ? ", ..." : ""));
        }
        return ids.get(0);
    }

    /** The ids of all nodes with exactly this name that the user may see. */
    static List<String> named(ApiClient api, String name) {
        List<String> ids = new ArrayList<>();
        for (NodePages pages = new NodePages(api, "q=" + ApiClient.encode(name)); pages.hasNext(); ) {
            for (JsonNode node : pages.next().path("nodes")) {
                if (node.path("name").asText().equals(name)) {
                    ids.add(node.path("nodeId").asText());
                }
            }
        }
        return ids;
    }
}
