package dev.muster.fanout.resources.history;

import static dev.muster.fanout.resources.GatewayFixture.json;
import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reading on, over HTTP. */
class NewLinesTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String OTHER = FakeRegistry.nodeId(2);
    private static final String HIDDEN = FakeRegistry.nodeId(3);
    private static final String TASK = Ids.derive(Ids.Kind.TASK, "t");
    private static final String ALL = "/api/v1/history?format=json";
    private static final String ONE = "/api/v1/nodes/" + NODE + "/history?format=json";
    private static final Duration LONG = Duration.ofSeconds(60);

    private final LinesFixture lines = new LinesFixture();
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws Exception {
        gateway = new GatewayFixture(lines);
        put(gateway, NODE, "alice");
        put(gateway, OTHER, "alice");
        put(gateway, HIDDEN, "bob");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private static void put(GatewayFixture gateway, String nodeId, String owner) {
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder()
                        .setNodeId(nodeId)
                        .setName("n-" + nodeId.substring(nodeId.length() - 4))
                        .setOwner(owner)
                        .addGroups(GroupGrant.newBuilder().setGroup("lookers").setRole(Role.ROLE_VIEW)))
                .build());
    }

    private JsonNode read(String path, String cursor) throws Exception {
        return json(answer("alice", path, cursor));
    }

    private HttpResponse<String> answer(String user, String path, String cursor) throws Exception {
        return gateway.get(gateway.token(user), path + "&cursor=" + URLEncoder.encode(cursor, StandardCharsets.UTF_8));
    }

    /** The lines of each terminal; fails where a number is missing or comes again. */
    private static void collect(JsonNode answer, Map<String, List<String>> into) {
        for (JsonNode terminal : answer.path("terminals")) {
            List<String> known = into.computeIfAbsent(
                    terminal.path("nodeId").asText() + " "
                            + terminal.path("terminal").asText(),
                    t -> new ArrayList<>());
            assertThat(terminal.path("firstLine").asInt()).isEqualTo(known.size());
            terminal.path("lines").forEach(line -> known.add(line.asText()));
        }
    }

    private static List<String> texts(JsonNode answer) {
        List<String> all = new ArrayList<>();
        answer.path("terminals").forEach(terminal -> terminal.path("lines").forEach(line -> all.add(line.asText())));
        return all;
    }

    @Test
    void a_loop_gets_every_line_of_every_terminal_once_and_in_order_while_more_is_printed() throws Exception {
        Map<String, List<String>> printed = new TreeMap<>();
        Map<String, List<String>> got = new TreeMap<>();
        String cursor = "";
        for (int round = 0; round < 40; round++) {
            for (String node : List.of(NODE, OTHER)) {
                for (String name : List.of("a", "b")) {
                    String terminal = Ids.derive(Ids.Kind.TASK, name);
                    List<String> all = printed.computeIfAbsent(node + " " + terminal, t -> new ArrayList<>());
                    String line = node + " " + name + " " + round;
                    lines.print(node, terminal, all.size(), line, "");
                    all.addAll(List.of(line, ""));
                    lines.topic.mark(LinesFixture.PARTITIONS.ofNode(node));
                }
            }
            JsonNode answer = read(ALL + "&maxBytes=" + (100 + round * 10), cursor);
            collect(answer, got);
            cursor = answer.path("cursor").asText();
        }
        JsonNode answer;
        do {
            answer = read(ALL + "&maxBytes=300", cursor);
            collect(answer, got);
            cursor = answer.path("cursor").asText();
        } while (answer.path("more").asBoolean());

        assertThat(got).isEqualTo(printed);
        assertThat(texts(read(ALL, cursor))).isEmpty();
        assertThat(read(ALL, cursor).path("more").asBoolean()).isFalse();
    }

    @Test
    void an_empty_cursor_begins_with_what_there_is_and_now_begins_with_nothing() throws Exception {
        lines.print(NODE, TASK, 0, "before");
        JsonNode all = read(ONE, "");
        JsonNode nothing = read(ONE, "now");
        lines.print(NODE, TASK, 1, "after");

        assertThat(texts(all)).containsExactly("before");
        assertThat(texts(nothing)).isEmpty();
        assertThat(texts(read(ONE, nothing.path("cursor").asText()))).containsExactly("after");
        assertThat(texts(json(gateway.get(gateway.token("alice"), ALL)))).containsExactly("before", "after");
    }

    @Test
    void one_node_s_call_brings_its_lines_alone() throws Exception {
        for (int i = 0; i < 20; i++) {
            lines.print(NODE, TASK, i, "mine " + i);
            lines.topic.append(
                    LinesFixture.PARTITIONS.ofNode(NODE),
                    OTHER,
                    LinesFixture.record(OTHER, TASK, i, "other " + i).build().toByteArray());
        }

        assertThat(texts(read(ONE, ""))).hasSize(20).allMatch(line -> line.startsWith("mine"));
    }

    @Test
    void lines_of_nodes_that_the_user_may_not_see_are_absent_and_the_rest_comes() throws Exception {
        for (int i = 0; i < 50; i++) {
            lines.print(HIDDEN, TASK, i, "secret " + i);
            lines.print(NODE, TASK, i, "mine " + i);
        }
        Map<String, List<String>> got = new TreeMap<>();
        String cursor = "";
        JsonNode answer;
        do {
            answer = read(ALL + "&maxBytes=200", cursor);
            collect(answer, got);
            cursor = answer.path("cursor").asText();
        } while (answer.path("more").asBoolean());

        assertThat(got).containsOnlyKeys(NODE + " " + TASK);
        assertThat(got.get(NODE + " " + TASK)).hasSize(50);
        assertThat(texts(json(answer("bob", ALL, "")))).hasSize(50).allMatch(line -> line.startsWith("secret"));
        // the role view does not show output
        assertThat(texts(json(gateway.get(gateway.token("carol", "lookers"), ALL))))
                .isEmpty();
        assertProblem(gateway.get(gateway.token("carol", "lookers"), ONE + "&cursor="), 403, "forbidden");
        assertProblem(gateway.get(gateway.token("dave"), ONE + "&cursor="), 404, "not-found");
    }

    @Test
    void the_right_to_a_node_counts_when_its_lines_are_read() throws Exception {
        String cursor = read(ALL, "now").path("cursor").asText();
        lines.print(NODE, TASK, 0, "mine no longer");
        lines.print(OTHER, TASK, 0, "of a node that is deleted");
        lines.print(HIDDEN, TASK, 0, "mine since");
        put(gateway, NODE, "bob");
        put(gateway, HIDDEN, "alice");
        gateway.registry.remove(OTHER);

        assertThat(texts(read(ALL, cursor))).containsExactly("mine since");
        assertProblem(answer("alice", "/api/v1/nodes/" + OTHER + "/history?format=json", ""), 404, "not-found");
    }

    @Test
    void a_cursor_that_was_changed_or_made_for_another_user_or_call_is_refused() throws Exception {
        String cursor = read(ALL, "").path("cursor").asText();
        String ofOne = read(ONE, "").path("cursor").asText();
        String changed = (cursor.charAt(0) == 'A' ? "B" : "A") + cursor.substring(1);

        assertProblem(answer("bob", ALL, cursor), 422, "invalid");
        assertProblem(answer("alice", ONE, cursor), 422, "invalid");
        assertProblem(answer("alice", ALL, ofOne), 422, "invalid");
        assertProblem(answer("alice", ALL, changed), 422, "invalid");
        assertProblem(answer("alice", ALL, "%%%"), 422, "invalid");
        assertProblem(answer("alice", ALL, "x".repeat(9_000)), 422, "invalid");
        assertProblem(answer("alice", ALL, cursor.substring(0, cursor.length() - 8)), 422, "invalid");
        assertProblem(gateway.get(gateway.token("alice"), ONE + "&cursor=&grep=a"), 422, "invalid");
        assertProblem(gateway.get(gateway.token("alice"), ONE + "&cursor=&terminal=" + TASK), 422, "invalid");
        assertProblem(gateway.get(gateway.token("alice"), ONE + "&wait=1"), 422, "invalid");
        assertProblem(gateway.get(gateway.token("alice"), ONE + "&cursor=&maxBytes=2097153"), 422, "invalid");
        assertProblem(gateway.get(gateway.token("alice"), ALL + "&cursor=&wait=61"), 422, "invalid");
    }

    @Test
    void any_gateway_with_the_key_reads_on() throws Exception {
        lines.print(NODE, TASK, 0, "first");
        String cursor = read(ALL, "").path("cursor").asText();
        lines.print(NODE, TASK, 1, "second");
        gateway.close();
        gateway = new GatewayFixture(lines);
        put(gateway, NODE, "alice");

        assertThat(texts(read(ALL, cursor))).containsExactly("second");
    }

    @Test
    void a_cursor_older_than_retention_says_so_and_goes_on_with_the_first_line_kept() throws Exception {
        lines.print(NODE, TASK, 0, "seen");
        String cursor = read(ONE, "").path("cursor").asText();
        lines.print(NODE, TASK, 1, "lost");
        lines.print(NODE, TASK, 2, "kept");
        lines.topic.deleteBefore(LinesFixture.PARTITIONS.ofNode(NODE), 2);

        JsonNode answer = read(ONE, cursor);

        assertThat(answer.path("expired").asBoolean()).isTrue();
        assertThat(answer.path("expiredReason").asText()).isEqualTo("retention");
        assertThat(texts(answer)).containsExactly("kept");
        assertThat(answer.at("/terminals/0/firstLine").asInt()).isEqualTo(2);
        JsonNode next = read(ONE, answer.path("cursor").asText());
        assertThat(next.path("expired").asBoolean()).isFalse();
        assertThat(next.path("expiredReason").isNull()).isTrue();
    }

    @Test
    void a_cursor_of_a_topic_that_was_recreated_begins_with_the_new_one_and_says_so() throws Exception {
        lines.print(NODE, TASK, 0, "old");
        String cursor = read(ALL, "").path("cursor").asText();
        lines.recreate();
        lines.print(NODE, TASK, 0, "new");

        JsonNode answer = read(ALL, cursor);

        assertThat(answer.path("expiredReason").asText()).isEqualTo("topic-recreated");
        assertThat(texts(answer)).containsExactly("new");
        assertThat(read(ALL, answer.path("cursor").asText()).path("expired").asBoolean())
                .isFalse();
    }

    @Test
    void a_cursor_beyond_the_end_says_that_records_were_lost() throws Exception {
        lines.print(NODE, TASK, 0, "one");
        String cursor = read(ONE, "").path("cursor").asText();
        lines.topic.makeAnew();

        JsonNode answer = read(ONE, cursor);

        assertThat(answer.path("expiredReason").asText()).isEqualTo("records-lost");
        lines.print(NODE, TASK, 1, "two");
        assertThat(texts(read(ONE, answer.path("cursor").asText()))).containsExactly("two");
    }

    @Test
    void while_the_broker_is_away_the_answer_is_503_and_the_cursor_stays_good() throws Exception {
        String cursor = read(ALL, "now").path("cursor").asText();
        lines.print(NODE, TASK, 0, "a");
        lines.away.set(true);
        HttpResponse<String> refused = answer("alice", ALL, cursor);
        lines.away.set(false);

        assertProblem(refused, 503, "unavailable");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(texts(read(ALL, cursor))).containsExactly("a");
    }

    @Test
    void a_call_that_waits_is_answered_when_something_is_printed_or_its_time_is_over() throws Exception {
        String cursor = read(ALL, "now").path("cursor").asText();
        CompletableFuture<HttpResponse<String>> waiting = gateway.http.sendAsync(
                gateway.request(gateway.token("alice"), ALL + "&wait=60&cursor=" + cursor)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        await().atMost(LONG).until(() -> gateway.downloads.following() == 1);
        assertThat(gateway.downloads.sending()).isZero();
        lines.print(HIDDEN, TASK, 0, "not for alice");
        lines.print(NODE, TASK, 0, "at last");

        JsonNode answer = json(waiting.get(60, TimeUnit.SECONDS));

        assertThat(texts(answer)).containsExactly("at last");
        JsonNode nothing = read(ALL + "&wait=1", answer.path("cursor").asText());
        assertThat(texts(nothing)).isEmpty();
        assertThat(nothing.path("more").asBoolean()).isFalse();
        await().atMost(LONG).until(() -> gateway.downloads.following() == 0);
    }

    @Test
    void a_call_waits_on_while_hidden_lines_keep_coming_for_longer_than_its_budget() throws Exception {
        lines.readTime = Duration.ofMillis(100);
        lines.readBytesMax = 100_000;
        gateway.close();
        gateway = new GatewayFixture(lines);
        put(gateway, NODE, "alice");
        put(gateway, HIDDEN, "bob");
        AtomicInteger looks = new AtomicInteger();
        // each time that the call looks for something new, there is a line that is not for it
        lines.beforeFacts = () -> lines.topic.append(
                LinesFixture.PARTITIONS.ofNode(NODE),
                HIDDEN,
                LinesFixture.record(HIDDEN, TASK, looks.getAndIncrement(), "y".repeat(30_000))
                        .build()
                        .toByteArray());
        for (String path : List.of(ALL, ONE)) {
            int before = looks.get();
            CompletableFuture<HttpResponse<String>> waiting = gateway.http.sendAsync(
                    gateway.request(gateway.token("alice"), path + "&wait=60&cursor=now")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            await().atMost(LONG).until(() -> waiting.isDone() || looks.get() > before + 8);
            lines.print(NODE, TASK, 0, "at last");

            JsonNode answer = json(waiting.get(60, TimeUnit.SECONDS));

            assertThat(texts(answer)).containsExactly("at last");
            JsonNode nothing = read(path + "&wait=1", answer.path("cursor").asText());
            assertThat(texts(nothing)).isEmpty();
            assertThat(nothing.path("more").asBoolean()).isFalse();
        }
    }

    @Test
    void a_call_that_waits_ends_when_its_token_is_revoked_and_when_its_client_hangs_up() throws Exception {
        String cursor = read(ALL, "now").path("cursor").asText();
        CompletableFuture<HttpResponse<String>> waiting = gateway.http.sendAsync(
                gateway.request(gateway.token("alice"), ALL + "&wait=60&cursor=" + cursor)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        await().atMost(LONG).until(() -> gateway.downloads.following() == 1);
        gateway.send(gateway.adminToken(), "POST", "/api/v1/revocations", "{\"user\":\"alice\"}");

        assertProblem(waiting.get(60, TimeUnit.SECONDS), 401, "unauthenticated");
        await().atMost(LONG).until(() -> gateway.downloads.following() == 0);
        try (var socket = new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.getOutputStream()
                    .write(("GET " + ALL + "&wait=60&cursor=now HTTP/1.1\r\nHost: 127.0.0.1:" + gateway.port()
                                    + "\r\nAuthorization: Bearer " + gateway.token("bob") + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            await().atMost(LONG).until(() -> gateway.downloads.following() == 1);
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> gateway.downloads.following() == 0);
    }

    @Test
    void an_answer_is_bounded_in_bytes_and_holds_at_least_one_record() throws Exception {
        String large = "x".repeat(60_000);
        for (int i = 0; i < 10; i++) {
            lines.print(NODE, TASK, i, large);
        }
        HttpResponse<String> some = answer("alice", ONE + "&maxBytes=130000", "");
        HttpResponse<String> one = answer("alice", ONE + "&maxBytes=1", "");

        assertThat(texts(json(some))).hasSize(2);
        assertThat(json(some).path("more").asBoolean()).isTrue();
        assertThat(texts(json(one))).hasSize(1);
        assertThat(texts(read(ONE, json(one).path("cursor").asText()))).hasSize(4);
    }

    @Test
    void a_call_whose_budget_is_used_up_by_other_nodes_reports_more_and_its_cursor_gets_there() throws Exception {
        lines.readBytesMax = 100_000;
        gateway.close();
        gateway = new GatewayFixture(lines);
        put(gateway, NODE, "alice");
        put(gateway, HIDDEN, "bob");
        for (int i = 0; i < 20; i++) {
            lines.topic.append(
                    LinesFixture.PARTITIONS.ofNode(NODE),
                    HIDDEN,
                    LinesFixture.record(HIDDEN, TASK, i, "y".repeat(30_000))
                            .build()
                            .toByteArray());
        }
        lines.print(NODE, TASK, 0, "mine");

        for (String path : List.of(ALL, ONE)) {
            JsonNode answer = read(path, "");
            assertThat(texts(answer)).isEmpty();
            int calls = 1;
            while (answer.path("more").asBoolean()) {
                answer = read(path, answer.path("cursor").asText());
                calls++;
            }
            assertThat(texts(answer)).containsExactly("mine");
            assertThat(calls).isGreaterThan(3);
        }
    }

    @Test
    void records_that_cannot_be_used_are_counted_and_passed() throws Exception {
        int partition = LinesFixture.PARTITIONS.ofNode(NODE);
        lines.topic.append(partition, NODE, new byte[] {-1, -1, -1});
        lines.topic.append(
                partition,
                NODE,
                LinesFixture.record(HIDDEN, TASK, 0, "smuggled").build().toByteArray());
        lines.print(NODE, TASK, 0, "fine");

        JsonNode answer = read(ONE, "");

        assertThat(answer.path("unreadable").asInt()).isEqualTo(2);
        assertThat(texts(answer)).containsExactly("fine");
        assertThat(read(ONE, answer.path("cursor").asText()).path("unreadable").asInt())
                .isZero();
    }

    @Test
    void times_and_lines_that_go_on_are_told() throws Exception {
        lines.topic.append(
                NODE,
                LinesFixture.record(NODE, TASK, 0, "one", "two")
                        .addAtMillis(1_000)
                        .addAtMillis(1_500)
                        .build());
        lines.topic.append(
                NODE,
                LinesFixture.record(NODE, TASK, 2, "thr").setContinued(true).build());
        lines.print(NODE, TASK, 3, "ee");

        JsonNode terminals = read(ONE, "").path("terminals");

        assertThat(terminals).hasSize(2);
        assertThat(terminals.at("/0/times").toString())
                .isEqualTo("[\"1970-01-01T00:00:01Z\",\"1970-01-01T00:00:01.500Z\",null]");
        assertThat(terminals.at("/0/continued").asBoolean()).isTrue();
        assertThat(terminals.at("/0/node").asText()).startsWith("n-");
        assertThat(terminals.at("/1/firstLine").asInt()).isEqualTo(3);
        assertThat(terminals.at("/1/continued").asBoolean()).isFalse();
    }

    @Test
    void as_text_each_terminal_has_a_header_line_and_the_rest_is_in_the_answer_s_headers() throws Exception {
        lines.print(NODE, TASK, 7, "one", "=== two");

        HttpResponse<String> answer = answer("alice", "/api/v1/history?format=text", "");

        assertThat(answer.body())
                .isEqualTo("=== " + TASK + " on n-" + NODE.substring(NODE.length() - 4)
                        + " from line 7\none\n\\=== two\n");
        assertThat(answer.headers().firstValue("Muster-More")).contains("false");
        assertThat(answer.headers().firstValue("Muster-Expired")).contains("false");
        assertThat(answer.headers().firstValue("Muster-Unreadable")).contains("0");
        String cursor = answer.headers().firstValue("Muster-Cursor").orElseThrow();
        assertThat(answer("alice", "/api/v1/history?format=text", cursor).body())
                .isEmpty();
    }

    @Test
    void one_user_waits_with_so_many_calls_at_once() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
            waiting.add(gateway.http.sendAsync(
                    gateway.request(gateway.token("alice"), ALL + "&wait=60&cursor=now")
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        await().atMost(LONG).until(() -> gateway.downloads.following() == 14);

        assertProblem(answer("alice", ALL + "&wait=60", "now"), 429, "rate-limited");
        assertThat(answer("alice", ALL, "now").statusCode()).isEqualTo(200);
        lines.print(NODE, TASK, 0, "for all of them");
        for (CompletableFuture<HttpResponse<String>> call : waiting) {
            assertThat(call.get(60, TimeUnit.SECONDS).statusCode()).isIn(200, 429);
        }
    }
}
