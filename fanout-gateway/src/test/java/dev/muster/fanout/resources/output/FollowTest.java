package dev.muster.fanout.resources.output;

import static dev.muster.fanout.resources.nodes.NodeCallsTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Proof;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.resources.FakeRegistry;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw output that is followed while its task waits, runs, or says nothing. */
@Timeout(60)
class FollowTest {
    private static final String NODE = FakeRegistry.nodeId(1);
    private static final String TASK = Ids.derive(Ids.Kind.TASK, "t");
    private static final String OTHER = Ids.derive(Ids.Kind.TASK, "other");
    private static final String FOLLOW = path(TASK) + "&follow=true";

    private final RawFixture log = new RawFixture();
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws IOException {
        log.readersMax = 1;
        log.followersMax = 1;
        gateway = new GatewayFixture(1_000, Duration.ofSeconds(2), Duration.ofMillis(400), log);
        owner("alice");
        log.append(NODE, RawFixture.start(OTHER, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(OTHER, 0, "other".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(OTHER, 5, 0));
        gateway.registry.put(task(OTHER, TaskState.SUCCEEDED));
        gateway.registry.put(OTHER, log.index(5, true));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void goes_on_until_the_end() throws Exception {
        begin("one ");
        gateway.registry.put(TASK, log.index(4, false));
        InputStream in = follow().body();
        assertThat(new String(in.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("one ");

        log.append(NODE, RawFixture.data(TASK, 4, "two".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(TASK, 7, 0));
        gateway.registry.put(TASK, log.index(7, true));

        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("two");
    }

    @Test
    void of_a_task_that_waits_begins_when_it_does() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));
        HttpResponse<InputStream> answer = follow();
        assertThat(answer.statusCode()).isEqualTo(200);

        end("at last");

        assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("at last");
    }

    @Test
    void of_a_task_that_never_runs_ends_with_it() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));
        HttpResponse<InputStream> answer = follow();

        gateway.registry.put(task(TASK, TaskState.EXPIRED));

        assertThat(answer.body().readAllBytes()).isEmpty();
    }

    @Test
    void of_a_state_that_is_newer_than_the_gateway_waits() throws Exception {
        gateway.registry.put(
                task(TASK, TaskState.QUEUED).toBuilder().setStateValue(99).build());
        HttpResponse<InputStream> answer = follow();
        assertThat(answer.statusCode()).isEqualTo(200);
        Awaitility.await().until(() -> gateway.registry.indexesRead.get() > 2);

        end("at last");

        assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("at last");
    }

    @Test
    void of_a_task_that_is_silent_leaves_the_place_to_others_when_the_client_goes() throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));

        leavesItsPlace();
    }

    @Test
    void of_a_task_that_has_printed_nothing_leaves_the_place_to_others_when_the_client_goes() throws Exception {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        gateway.registry.put(task(TASK, TaskState.RUNNING));
        gateway.registry.put(TASK, log.index(0, false));

        leavesItsPlace();
    }

    @Test
    void of_a_task_that_waits_takes_a_place_and_leaves_it_when_the_client_goes() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));

        leavesItsPlace();
    }

    @Test
    void of_a_task_that_began_meanwhile_leaves_the_place_though_it_has_printed_nothing() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));

        try (Socket follower = follower()) {
            assertBegins(follower);
            log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
            gateway.registry.put(task(TASK, TaskState.RUNNING));
            int before = gateway.registry.indexesRead.get();
            gateway.registry.put(TASK, log.index(0, false));
            Awaitility.await().until(() -> gateway.registry.indexesRead.get() > before + 2);
            assertThat(other()).isEqualTo(429);
        }

        Awaitility.await().until(() -> other() == 200);
    }

    @Test
    void too_many_are_refused_before_an_answer_begins_though_all_of_them_wait() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));

        try (Socket follower = follower()) {
            assertBegins(follower);
            assertProblem(gateway.get(gateway.token("alice"), FOLLOW), 429, "rate-limited");
        }

        Awaitility.await().until(() -> other() == 200);
    }

    @Test
    void a_head_request_keeps_no_place() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));

        for (int i = 0; i < 3; i++) {
            HttpResponse<String> head = gateway.send(gateway.request(gateway.token("alice"), FOLLOW)
                    .method("HEAD", java.net.http.HttpRequest.BodyPublishers.noBody()));
            assertThat(head.statusCode()).isEqualTo(200);
        }
        Awaitility.await().until(() -> other() == 200);
    }

    @Test
    void who_may_no_longer_watch_when_output_begins_gets_none() throws Exception {
        gateway.registry.put(task(TASK, TaskState.QUEUED));
        HttpResponse<InputStream> answer = follow();
        assertThat(answer.statusCode()).isEqualTo(200);

        owner("bob");
        end("for bob alone");

        assertThatThrownBy(() -> answer.body().readAllBytes()).isInstanceOf(IOException.class);
        owner("alice");
        Awaitility.await().until(() -> other() == 200);
    }

    @Test
    void goes_on_for_longer_than_a_request_may_take_to_arrive() throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));
        InputStream in = follow().body();
        assertThat(new String(in.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("so far");

        // each comes after a pause, so that many of them take longer than the fixture's limit
        int before = gateway.registry.indexesRead.get();
        Awaitility.await().atMost(Duration.ofSeconds(50)).until(() -> gateway.registry.indexesRead.get() > before + 8);

        end("so far");
        assertThat(in.readAllBytes()).isEmpty();
    }

    @Test
    void while_nothing_comes_a_follower_leaves_the_downloads_to_others() throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));

        try (Socket follower = follower()) {
            assertBegins(follower);
            Awaitility.await().until(() -> gateway.downloads.following() == 1 && gateway.downloads.sending() == 0);
            assertThat(gateway.get(gateway.token("alice"), path(OTHER)).statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"owner", "lowered", "deleted", "revoked", "all revoked", "expired"})
    void ends_within_moments_when_the_right_to_it_does(String how) throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));
        Instant end = Instant.now().plusSeconds(how.equals("expired") ? 8 : 600);
        String token = gateway.tokens.issue(
                new User("carol", List.of("ops"), false, end, new Proof("carols", "", Instant.now())));
        grant(Role.ROLE_WATCH);
        InputStream in = gateway.http
                .send(gateway.request(token, FOLLOW).build(), HttpResponse.BodyHandlers.ofInputStream())
                .body();
        assertThat(new String(in.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("so far");

        User root = new User("root", List.of(), true, Instant.MAX);
        switch (how) {
            case "owner" -> owner("bob");
            case "lowered" -> grant(Role.ROLE_VIEW);
            case "deleted" -> gateway.registry.remove(NODE);
            case "revoked" -> gateway.revoker.token(root, "carols").join();
            case "all revoked" -> gateway.revoker.user(root, "carol").join();
            default -> {
                // it ends by itself
            }
        }

        assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
        Awaitility.await().until(() -> gateway.downloads.following() == 0);
    }

    @Test
    void an_ended_output_whose_rest_does_not_come_is_cut_and_does_not_look_complete() throws Exception {
        begin("so far");
        // the rest is in a record that the broker does not give
        gateway.registry.put(
                TASK, log.index(99, true).toBuilder().setLastOffset(99).build());

        HttpResponse<InputStream> answer = gateway.http.send(
                gateway.request(gateway.token("alice"), FOLLOW + "&wait=1").build(),
                HttpResponse.BodyHandlers.ofInputStream());

        assertThat(answer.headers().firstValue("Muster-Ended")).contains("true");
        assertThatThrownBy(answer.body()::readAllBytes).isInstanceOf(IOException.class);
    }

    @Test
    void a_client_that_says_how_long_it_waits_is_told_to_come_again_and_loses_nothing() throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));
        String token = gateway.token("alice");

        HttpResponse<String> first = gateway.get(token, FOLLOW + "&wait=1");
        assertThat(first.body()).isEqualTo("so far");
        assertThat(first.headers().firstValue("Muster-Ended")).contains("false");
        assertThat(first.headers().firstValue("X-Accel-Buffering")).contains("no");

        log.append(NODE, RawFixture.data(TASK, 6, " and on".getBytes(StandardCharsets.UTF_8)));
        log.append(NODE, RawFixture.exit(TASK, 13, 0));
        gateway.registry.put(task(TASK, TaskState.SUCCEEDED));
        gateway.registry.put(TASK, log.index(13, true));

        HttpResponse<String> second = gateway.get(token, FOLLOW + "&wait=1&from=6");
        assertThat(second.body()).isEqualTo(" and on");
        assertThat(second.headers().firstValue("Muster-Ended")).contains("true");
    }

    @Test
    void of_which_nothing_comes_for_too_long_is_cut() throws Exception {
        gateway.close();
        log.silence = Duration.ofSeconds(1);
        start();
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));

        InputStream in = follow().body();
        assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "format=text&follow=true",
                "format=raw&from=3",
                "format=raw&wait=3",
                "format=raw&follow=true&wait=0"
            })
    void what_means_nothing_together_is_refused(String query) throws Exception {
        begin("so far");
        gateway.registry.put(TASK, log.index(6, false));
        assertProblem(
                gateway.get(gateway.token("alice"), "/api/v1/nodes/" + NODE + "/tasks/" + TASK + "/output?" + query),
                422,
                "invalid");
    }

    private void grant(Role role) {
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder()
                        .setNodeId(NODE)
                        .setOwner("alice")
                        .addGroups(GroupGrant.newBuilder().setGroup("ops").setRole(role)))
                .build());
    }

    private void leavesItsPlace() throws Exception {
        try (Socket follower = follower()) {
            assertBegins(follower);
            assertThat(other()).isEqualTo(429);
        }

        Awaitility.await().until(() -> other() == 200);
    }

    private Socket follower() throws IOException {
        String request = "GET " + FOLLOW + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + gateway.token("alice") + "\r\n\r\n";
        Socket follower = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
        follower.setSoTimeout(5_000);
        follower.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return follower;
    }

    private static void assertBegins(Socket follower) throws IOException {
        assertThat(new String(follower.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                .isEqualTo("HTTP/1.1 200");
    }

    private HttpResponse<InputStream> follow() throws IOException, InterruptedException {
        return gateway.http.send(
                gateway.request(gateway.token("alice"), FOLLOW).build(), HttpResponse.BodyHandlers.ofInputStream());
    }

    /** Whether there is a place for another. */
    private int other() throws IOException, InterruptedException {
        return gateway.get(gateway.token("alice"), path(OTHER) + "&follow=true").statusCode();
    }

    private void begin(String text) {
        log.append(NODE, RawFixture.start(TASK, Start.getDefaultInstance()));
        log.append(NODE, RawFixture.data(TASK, 0, text.getBytes(StandardCharsets.UTF_8)));
        gateway.registry.put(task(TASK, TaskState.RUNNING));
    }

    private void end(String text) {
        begin(text);
        log.append(NODE, RawFixture.exit(TASK, text.length(), 0));
        gateway.registry.put(task(TASK, TaskState.SUCCEEDED));
        gateway.registry.put(TASK, log.index(text.length(), true));
    }

    private void owner(String user) {
        gateway.registry.put(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId(NODE).setOwner(user))
                .build());
    }

    private static String path(String task) {
        return "/api/v1/nodes/" + NODE + "/tasks/" + task + "/output?format=raw";
    }

    private static Task task(String id, TaskState state) {
        return Task.newBuilder().setTaskId(id).setNodeId(NODE).setState(state).build();
    }
}
