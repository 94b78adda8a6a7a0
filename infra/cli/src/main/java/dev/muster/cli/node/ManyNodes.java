package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.CliFailure;
import dev.muster.cli.CliIo;
import dev.muster.cli.OutputFormat;
import dev.muster.cli.PlainText;
import dev.muster.cli.api.ApiClient;
import dev.muster.cli.api.ApiException;
import dev.muster.cli.api.Json;
import java.util.List;

/**
 * Creates many nodes, some hundred with each request, and prints an invite a line as they come: what was made before something failed is not lost. Where the server
 * takes fewer at once, or wants a pause, it is given what it wants.
 */
final class ManyNodes {
    private static final int NODES_AT_ONCE = 250;
    private static final long PAUSE_MS = 2_000;
    private static final int PAUSES_MAX = 60;

    private final ApiClient api;
    private final CliIo io;
    private final OutputFormat output;
    private final ArrayNode results = Json.object().putArray("results");
    private int atOnce = NODES_AT_ONCE;
    private int failed;

    ManyNodes(ApiClient api, CliIo io, OutputFormat output) {
        this.api = api;
        this.io = io;
        this.output = output;
    }

    /**
     * @param template labels and groups that all of them have
     * @throws CliFailure if not all were made
     */
    void create(List<String> names, ObjectNode template) {
        int done = 0;
        try {
            while (done < names.size()) {
                List<String> next = names.subList(done, Math.min(names.size(), done + atOnce));
                done += create(next, template, 0);
            }
        } finally {
            if (output == OutputFormat.JSON) {
                io.print(Json.pretty(Json.object().set("results", results)));
            }
        }
        if (failed > 0) {
            throw new CliFailure(failed + " of " + names.size() + " nodes were not made");
        }
    }

    /** @return how many of them have a result now */
    private int create(List<String> names, ObjectNode template, int pauses) {
        ObjectNode body = Json.object();
        ArrayNode nodes = body.putArray("nodes");
        names.forEach(name -> nodes.add(template.deepCopy().put("name", name)));
        try {
            api.post("/api/v1/nodes", body, false).path("results").forEach(this::show);
            io.flush();
            return names.size();
        } catch (ApiException e) {
            if (e.status() == 413 && names.size() > 1) {
                atOnce = names.size() / 2;
                return 0;
            }
            if (e.status() != 429 || pauses == PAUSES_MAX) {
                throw e;
            }
            pause();
            return create(names, template, pauses + 1);
        }
    }

    private void show(JsonNode result) {
        String name = PlainText.of(result.path("name").asText());
        results.add(result);
        if (result.hasNonNull("problem")) {
            failed++;
            io.say(name + ": " + result.path("problem").path("code").asText() + ": "
                    + PlainText.of(result.path("problem").path("detail").asText()));
        } else if (output != OutputFormat.JSON) {
            io.print(name + "\t"
                    + PlainText.of(result.path("invite").path("token").asText()));
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliFailure("interrupted", e);
        }
    }
}
