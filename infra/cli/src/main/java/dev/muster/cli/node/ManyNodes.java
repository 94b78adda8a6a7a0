package dev.muster.cli.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import dev.muster.cli.console.CliIo;
import dev.muster.cli.console.OutputFormat;
import dev.muster.cli.console.PlainText;
import dev.muster.client.ApiClient;
import dev.muster.client.ApiException;
import dev.muster.client.Unreachable;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * Creates many nodes, some hundred with each request, and prints the invites, one a line, as they arrive. So a later
 * failure loses none of the earlier invites. If the server accepts fewer nodes at once, or asks for a pause, this
 * follows. A request that was answered for only some of its nodes, or not at all, is repeated under its idempotency key
 * until each node has a result.
 */
final class ManyNodes {
    private static final int NODES_AT_ONCE = 250;
    private static final long PAUSE_MS = 2_000;
    private static final int PAUSES_MAX = 60;
    private static final Set<String> NOT_YET = Set.of("unavailable", "internal", "rate-limited");

    private final ApiClient api;
    private final CliIo io;
    private final OutputFormat output;
    private final String key;
    private final ArrayNode results = Json.object().putArray("results");
    private int atOnce = NODES_AT_ONCE;
    private int failed;

    /** @param key from which the key of each request is derived */
    ManyNodes(ApiClient api, CliIo io, OutputFormat output, String key) {
        this.api = api;
        this.io = io;
        this.output = output;
        this.key = key;
    }

    /**
     * @param template labels and groups of all nodes
     * @throws CliFailure if not all nodes were created
     */
    void create(List<String> names, ObjectNode template) {
        int done = 0;
        try {
            while (done < names.size()) {
                List<String> next = names.subList(done, Math.min(names.size(), done + atOnce));
                ObjectNode body = Json.object().put("idempotencyKey", key + "/" + done);
                ArrayNode nodes = body.putArray("nodes");
                next.forEach(name -> nodes.add(template.deepCopy().put("name", name)));
                done += create(body, next.size());
            }
        } catch (Unreachable e) {
            throw new CliFailure(e.getMessage() + again(), e);
        } catch (ApiException e) {
            if (e.status() == 429 || e.status() >= 500) {
                throw new CliFailure(e.getMessage() + again(), e);
            }
            throw e;
        } finally {
            if (output == OutputFormat.JSON) {
                io.print(Json.pretty(Json.object().set("results", results)));
            }
        }
        if (failed > 0) {
            throw new CliFailure(
                    failed + " of " + names.size() + " nodes were not made; to make the others without making"
                            + " one twice, ask for the same again with --key " + key);
        }
    }

    private String again() {
        return "; to go on without making one twice, ask for the same again with --key " + key;
    }

    /** @return how many nodes have a result now */
    private int create(ObjectNode body, int count) {
        BitSet shown = new BitSet();
        for (int pauses = 0; ; pauses++) {
            boolean last = pauses == PAUSES_MAX;
            try {
                JsonNode answer = api.post("/api/v1/nodes", body, true).path("results");
                show(answer, shown, last);
                if (shown.cardinality() == count) {
                    return count;
                }
            } catch (ApiException e) {
                if (e.status() == 413 && count > 1) {
                    atOnce = count / 2;
                    return 0;
                }
                if ((e.status() != 429 && e.status() != 503) || last) {
                    throw e;
                }
            }
            pause();
        }
    }

    private void show(JsonNode answer, BitSet shown, boolean last) {
        for (int i = 0; i < answer.size(); i++) {
            JsonNode result = answer.get(i);
            boolean notYet =
                    NOT_YET.contains(result.path("problem").path("code").asText());
            if (!shown.get(i) && (last || !notYet)) {
                shown.set(i);
                show(result);
            }
        }
        io.flush();
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
