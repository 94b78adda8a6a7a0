package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.client.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The path through every part: HTTP, topics, gRPC, agent, shell, and back. */
@ExtendWith(SharedProduct.class)
class PathTest {
    @Test
    void the_demo_nodes_are_online_and_say_what_they_are(Product product) throws Exception {
        Api api = product.admin();
        for (String name : List.of("demo-1", "demo-2", "demo-3")) {
            JsonNode node = api.online(name);
            assertThat(node.get("owner").asText()).isEqualTo("admin");
            assertThat(node.get("os").asText()).isNotEmpty();
            assertThat(node.get("memoryTotalBytes").asLong()).isPositive();
        }
        JsonNode page = api.get("/api/v1/nodes?status=ONLINE&q=demo-&limit=2").json();
        assertThat(page.get("nodes")).hasSize(2);
        assertThat(page.get("counts").get("ONLINE").asInt()).isGreaterThanOrEqualTo(3);
        assertThat(api.get("/api/v1/nodes?q=demo-&limit=2&after="
                                + page.get("next").asText())
                        .json()
                        .get("nodes"))
                .hasSize(1);
    }

    @Test
    void a_command_runs_and_its_output_is_clean_in_history(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        JsonNode task = api.run(node, "printf '\\033[31mred\\033[0m\\n'; echo 10%; exit 3");
        assertThat(task.get("state").asText()).isEqualTo("FAILED");
        assertThat(task.get("exitCode").asInt()).isEqualTo(3);
        assertThat(task.get("requestedBy").asText()).isEqualTo("admin");
        String taskId = task.get("taskId").asText();
        await().atMost(Api.LONG).until(() -> api.history(node, taskId), text -> text.equals("red\n10%\n"));
        assertThat(new String(api.raw(node, taskId), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("\033[31mred\033[0m\n10%\n");
    }

    @Test
    void a_shell_takes_what_is_typed_and_shows_what_it_prints(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-2");
        try (Feed feed = Feed.open(api)) {
            ObjectNode body = Api.JSON.createObjectNode();
            body.putArray("argv").add("/bin/sh");
            body.putObject("pty").put("cols", 91).put("rows", 17);
            String shell = api.create(node, body);
            feed.attach("t", node, shell, "raw");
            JsonNode attached = feed.await("attached", f -> Feed.is(f, "attached"));
            assertThat(attached.get("terminal").asText()).isEqualTo(shell);
            feed.await(
                    "a prompt",
                    f -> feed.rawText("t").contains("#") || feed.rawText("t").contains("$"));
            feed.input("t", "stty size; echo $((6*7))\n");
            await().atMost(Api.LONG).until(() -> feed.rawText("t").contains("17 91"));
            await().atMost(Api.LONG).until(() -> feed.rawText("t").contains("\n42"));
            feed.send("{\"op\":\"resize\",\"ref\":\"t\",\"cols\":70,\"rows\":20}");
            // its first size may come as one, too, where the attach was there before the shell
            feed.await(
                    "the new size", f -> Feed.is(f, "resized") && f.get("cols").asInt() == 70);
            feed.input("t", "stty size; exit 9\n");
            JsonNode ended = feed.await("ended", f -> Feed.is(f, "ended"));
            assertThat(ended.get("exitCode").asInt()).isEqualTo(9);
            assertThat(feed.rawText("t")).contains("20 70");
            assertThat(api.ended(node, shell).get("exitCode").asInt()).isEqualTo(9);
        }
    }

    @Test
    void a_viewer_of_text_sees_every_line_once_from_the_middle_on(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-3");
        try (Feed feed = Feed.open(api)) {
            String task = api.start(node, "for i in $(seq 1 400); do echo line $i; sleep 0.005; done");
            await().atMost(Api.LONG).until(() -> api.history(node, task).contains("line 20\n"));
            feed.attach("t", node, task, "text");
            feed.await("ended", f -> Feed.is(f, "ended"));
            java.util.TreeMap<Long, String> lines = new java.util.TreeMap<>();
            for (JsonNode frame : feed.frames("lines")) {
                long number = frame.get("firstLine").asLong();
                for (JsonNode line : frame.get("lines")) {
                    lines.put(number++, line.asText());
                }
            }
            for (long i = 0; i < 400; i++) {
                if (i >= lines.firstKey()) {
                    assertThat(lines.get(i)).as("line %d", i).isEqualTo("line " + (i + 1));
                }
            }
            assertThat(lines.firstKey()).isLessThanOrEqualTo(20L);
            feed.attach("again", node, task, "text");
            JsonNode ended = feed.await(
                    "ended", f -> Feed.is(f, "ended") && f.get("ref").asText().equals("again"));
            assertThat(ended.get("exitCode").asInt()).isZero();
        }
    }

    @Test
    void a_change_is_seen_by_the_next_read_and_reaches_the_open_feed(Product product) throws Exception {
        Api api = product.as("alice", List.of(), false);
        try (Feed feed = Feed.open(api)) {
            Answer created = api.post("/api/v1/nodes", "{\"name\":\"mine\",\"labels\":{\"env\":\"prod\"}}");
            assertThat(created.status()).isEqualTo(201);
            String node = created.json().get("node").get("nodeId").asText();
            assertThat(created.json().get("invite").get("command").asText())
                    .contains(created.json().get("invite").get("token").asText());
            assertThat(api.get("/api/v1/nodes?label=env=prod").json().get("nodes"))
                    .hasSize(1);
            feed.await(
                    "the new node",
                    f -> Feed.is(f, "node")
                            && f.get("node").get("nodeId").asText().equals(node)
                            && f.get("node").get("status").asText().equals("NEVER_SEEN"));

            assertThat(api.patch("/api/v1/nodes/" + node, "{\"name\":\"renamed\",\"labels\":{\"env\":null}}")
                            .json()
                            .get("node")
                            .get("name")
                            .asText())
                    .isEqualTo("renamed");
            assertThat(api.get("/api/v1/nodes?label=env=prod").json().get("nodes"))
                    .isEmpty();
            assertThat(api.delete("/api/v1/nodes/" + node).status()).isEqualTo(204);
            assertThat(api.get("/api/v1/nodes/" + node).status()).isEqualTo(404);
            feed.await(
                    "its removal",
                    f -> Feed.is(f, "node-removed") && f.get("nodeId").asText().equals(node));
        }
    }

    @Test
    void a_running_task_can_be_cancelled(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        String task = api.start(node, "echo up; sleep 1000");
        await().atMost(Api.LONG).until(() -> api.history(node, task).contains("up"));
        assertThat(api.post("/api/v1/nodes/" + node + "/tasks/" + task + "/cancel", "")
                        .status())
                .isBetween(200, 202);
        assertThat(api.ended(node, task).get("state").asText()).isEqualTo("CANCELLED");
    }

    @Test
    void the_same_key_is_the_same_task_and_another_body_is_a_conflict(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-1");
        String body = "{\"command\":\"echo once\",\"idempotencyKey\":\"key-1\"}";
        String path = "/api/v1/nodes/" + node + "/tasks";
        String first = api.post(path, body).json().get("task").get("taskId").asText();
        assertThat(api.post(path, body).json().get("task").get("taskId").asText())
                .isEqualTo(first);
        Answer conflict = api.post(path, body.replace("once", "twice"));
        assertThat(conflict.status()).isEqualTo(409);
        assertThat(conflict.json().get("code").asText()).isEqualTo("conflict");
    }

    @Test
    void fifty_megabytes_arrive_whole_through_a_small_heap(Product product) throws Exception {
        Api api = product.admin();
        String node = api.nodeId("demo-2");
        String file = product.dataDir().resolve("fifty").toString();
        JsonNode task = api.run(
                node,
                "head -c 50000000 /dev/urandom > " + file + "; sha256sum " + file + " | cut -c1-64 >&2; cat " + file);
        String taskId = task.get("taskId").asText();
        assertThat(task.get("outputBytes").asLong()).isEqualTo(50_000_065);
        byte[] output = await().atMost(Api.LONG).until(() -> api.raw(node, taskId), b -> b.length == 50_000_065);
        String expected = new String(output, 0, 64, java.nio.charset.StandardCharsets.US_ASCII);
        java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
        digest.update(output, 65, 50_000_000);
        assertThat(java.util.HexFormat.of().formatHex(digest.digest())).isEqualTo(expected);

        Answer part = api.get(
                "/api/v1/nodes/" + node + "/tasks/" + taskId + "/output?format=raw",
                "Range",
                "bytes=40000000-40000999");
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.bytes()).isEqualTo(java.util.Arrays.copyOfRange(output, 40_000_000, 40_001_000));
    }
}
