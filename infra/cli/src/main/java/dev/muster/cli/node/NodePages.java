package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.client.ApiClient;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The list of nodes, a page at a time. */
final class NodePages implements Iterator<JsonNode> {
    private static final int PAGE_NODES = 500;

    private final ApiClient api;
    private final String query;
    private String after = "";
    private boolean more = true;

    /** @param query filters as in the API, without limit and after */
    NodePages(ApiClient api, String query) {
        this.api = api;
        this.query = query;
    }

    @Override
    public boolean hasNext() {
        return more;
    }

    @Override
    public JsonNode next() {
        if (!more) {
            throw new NoSuchElementException("there are no more pages");
        }
        JsonNode page = api.get("/api/v1/nodes?limit=" + PAGE_NODES
                + (query.isEmpty() ? "" : "&" + query)
                + (after.isEmpty() ? "" : "&after=" + ApiClient.encode(after)));
        more = page.hasNonNull("next");
        after = page.path("next").asText("");
        return page;
    }
}
