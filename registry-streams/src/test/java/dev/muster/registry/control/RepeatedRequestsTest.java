package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.START_MILLIS;
import static dev.muster.registry.control.ControlDriver.admin;
import static dev.muster.registry.control.ControlDriver.invite;
import static dev.muster.registry.control.ControlDriver.newNode;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static dev.muster.registry.control.GroupDriver.onAll;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.CreateTask;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.GroupGrants;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.store.v1.StoredNode;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A repeated request under its idempotency key is carried out once; the answer is the same for as long as its result
 * exists.
 */
class RepeatedRequestsTest {
    private static final long FIRST_EXPIRY = START_MILLIS + 3_600_000;

    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    // ------------------------------------------------------------ nodes

    @Test
    void the_same_node_under_the_same_key_is_answered_with_its_first_invite_and_changes_nothing() {
        ReplyRecord first = create(keyedNode("k"), FIRST_EXPIRY);
        control.skipOutput();
        ReplyRecord second = create(keyedNode("k"), FIRST_EXPIRY + 60_000);

        assertThat(first.getInvite()).isEqualTo(invite("first", FIRST_EXPIRY));
        assertThat(first.getNode().getFirstInviteExpiresAtMillis()).isEqualTo(FIRST_EXPIRY);
        assertThat(second.getNode()).isEqualTo(first.getNode());
        assertThat(second.getInvite()).isEqualTo(first.getInvite());
        assertThat(second.getViewVersion()).isEqualTo(first.getViewVersion());
        assertThat(second.getAudiencesList()).isEqualTo(first.getAudiencesList());
        assertThat(control.nodes.isEmpty()).isTrue();
        assertThat(control.views.isEmpty()).isTrue();
    }

    @Test
    void the_answer_stays_the_same_once_the_agent_has_joined_and_the_node_has_another_name() {
        create(keyedNode("k"), FIRST_EXPIRY);
        control.join("first", "public-key");
        control.ask(
                user("alice"),
                command -> command.setPatchNode(PatchNode.newBuilder().setName("web-1")));

        ReplyRecord again = create(keyedNode("k"), FIRST_EXPIRY + 60_000);

        assertThat(again.getNode().getName()).isEqualTo("web-1");
        assertThat(again.getNode().getCredentialGeneration()).isEqualTo(1);
        assertThat(again.getInvite()).isEqualTo(invite("first", FIRST_EXPIRY));
    }

    @Test
    void another_node_under_the_same_key_is_a_conflict_also_after_its_deletion() {
        create(keyedNode("k"), FIRST_EXPIRY);

        assertProblem(create(keyedNode("k").setName("other"), FIRST_EXPIRY), "conflict");
        assertProblem(create(keyedNode("k").putLabels("env", "test"), FIRST_EXPIRY), "conflict");
        assertProblem(create(keyedNode("k").setListSha256(ByteString.copyFromUtf8("list")), FIRST_EXPIRY), "conflict");
        delete();
        assertProblem(create(keyedNode("k").setName("other"), FIRST_EXPIRY), "conflict");
    }

    @Test
    void a_node_that_was_deleted_is_gone_and_is_not_made_again() {
        create(keyedNode("k"), FIRST_EXPIRY);
        delete();
        control.skipOutput();

        assertProblem(create(keyedNode("k"), FIRST_EXPIRY), "gone");
        assertThat(control.nodes.isEmpty()).isTrue();
        KeyValueStore<String, StoredNode> nodes = control.driver.getKeyValueStore(ControlStores.NODES);
        StoredNode marker = nodes.get(ControlDriver.NODE);
        assertThat(marker.hasCreatedInvite()).isFalse();
        assertThat(marker.getKeyedInvitesList()).isEmpty();
    }

    @Test
    void once_the_marker_of_a_deleted_node_is_forgotten_the_key_is_free_again() {
        create(keyedNode("k"), FIRST_EXPIRY);
        delete();
        control.pass(2 * ControlDriver.MARKER_MILLIS);

        assertThat(create(keyedNode("k"), FIRST_EXPIRY).hasNode()).isTrue();
    }

    @Test
    void another_user_with_the_same_key_and_id_is_in_conflict() {
        create(keyedNode("k"), FIRST_EXPIRY);

        assertProblem(
                control.ask(
                        user("bob"),
                        command -> command.setCreateNode(keyedNode("k").setInvite(invite("first", FIRST_EXPIRY)))),
                "conflict");
    }

    @Test
    void a_key_that_is_too_long_is_refused() {
        assertProblem(create(keyedNode("k".repeat(256)), FIRST_EXPIRY), "invalid");
        control.create();
        assertProblem(makeInvite("k".repeat(256), "second", FIRST_EXPIRY), "invalid");
    }

    // ------------------------------------------------------------ invites

    @Test
    void the_same_invite_under_the_same_key_is_answered_alike_and_replaces_no_other() {
        control.create();
        ReplyRecord made = makeInvite("k", "second", FIRST_EXPIRY);
        control.skipOutput();
        ReplyRecord again = makeInvite("k", "second", FIRST_EXPIRY + 60_000);

        assertThat(again.getInvite()).isEqualTo(made.getInvite()).isEqualTo(invite("second", FIRST_EXPIRY));
        assertThat(again.getNode()).isEqualTo(made.getNode());
        assertThat(stored().getInvitesList())
                .containsExactly(invite("first", FIRST_EXPIRY), invite("second", FIRST_EXPIRY));
        assertThat(control.nodes.isEmpty()).isTrue();
    }

    @Test
    void an_invite_that_the_present_agent_has_used_is_answered_alike() {
        control.create();
        makeInvite("k", "second", FIRST_EXPIRY);
        control.join("second", "public-key");

        assertThat(makeInvite("k", "second", FIRST_EXPIRY + 60_000).getInvite())
                .isEqualTo(invite("second", FIRST_EXPIRY));
        assertThat(stored().getInvitesList()).containsExactly(invite("first", FIRST_EXPIRY));
    }

    @Test
    void an_invite_that_was_replaced_or_has_expired_or_whose_agent_was_revoked_is_gone() {
        control.create();
        makeInvite("replaced", "second", FIRST_EXPIRY);
        makeInvite("used", "third", FIRST_EXPIRY);
        makeInvite("expires", "fourth", START_MILLIS + 1_000);

        assertProblem(makeInvite("replaced", "second", FIRST_EXPIRY), "gone");
        control.join("third", "public-key");
        control.ask(user("alice"), command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()));
        assertProblem(makeInvite("used", "third", FIRST_EXPIRY), "gone");
        control.pass(2_000);
        assertProblem(makeInvite("expires", "fourth", FIRST_EXPIRY), "gone");
        assertThat(stored().getInvitesList()).containsExactly(invite("fourth", START_MILLIS + 1_000));
    }

    @Test
    void an_invite_of_a_deleted_node_is_gone_for_who_could_make_one_and_not_found_for_others() {
        control.create();
        makeInvite("k", "second", FIRST_EXPIRY);
        delete();

        assertProblem(makeInvite("k", "second", FIRST_EXPIRY), "gone");
        assertProblem(makeInvite(user("bob"), "k", "second", FIRST_EXPIRY), "not-found");
        assertProblem(makeInvite("", "second", FIRST_EXPIRY), "not-found");
    }

    @Test
    void only_so_many_invites_with_a_key_are_remembered() {
        control.create();
        for (int i = 0; i < 5; i++) {
            makeInvite("k" + i, "secret " + i, FIRST_EXPIRY);
        }

        assertThat(stored().getKeyedInvitesList())
                .containsExactly(
                        invite("secret 2", FIRST_EXPIRY),
                        invite("secret 3", FIRST_EXPIRY),
                        invite("secret 4", FIRST_EXPIRY));
        assertThat(makeInvite("k0", "secret 0", FIRST_EXPIRY + 1).getInvite())
                .isEqualTo(invite("secret 0", FIRST_EXPIRY + 1));
    }

    // ------------------------------------------------------------ tasks

    @Test
    void the_same_task_under_the_same_key_is_queued_once_and_another_one_is_a_conflict() {
        control.create();
        ReplyRecord first = run(user("alice"), "k", "true");

        assertThat(run(user("alice"), "k", "true").getTask()).isEqualTo(first.getTask());
        assertProblem(run(user("alice"), "k", "false"), "conflict");
        assertProblem(run(admin(), "k", "true"), "conflict");
    }

    @Test
    void a_task_of_a_deleted_node_is_gone_for_who_could_run_one_and_not_found_for_others() {
        control.create();
        control.ask(
                user("alice"),
                command -> command.setPatchNode(PatchNode.newBuilder()
                        .setGroups(GroupGrants.newBuilder()
                                .addGroups(
                                        GroupGrant.newBuilder().setGroup("ops").setRole(Role.ROLE_VIEW)))));
        run(user("alice"), "k", "true");
        delete();

        assertProblem(run(user("alice"), "k", "true"), "gone");
        assertProblem(run(user("bob", "ops"), "k", "true"), "not-found");
        assertProblem(run(user("alice"), "", "true"), "not-found");
    }

    // ------------------------------------------------------------ task groups

    @Test
    void the_same_group_is_answered_alike_when_its_selector_matches_nothing_any_longer() {
        try (GroupDriver groups = new GroupDriver()) {
            ReplyRecord made = groups.create(onAll(2));

            assertThat(groups.create(onAll(2).clearNodeIds()).getTaskGroup().getCreatedAtMillis())
                    .isEqualTo(made.getTaskGroup().getCreatedAtMillis());
            assertProblem(groups.create(onAll(3).clearNodeIds()), "conflict");
            assertProblem(
                    groups.askGroup(GroupDriver.GROUP, user("bob"), command -> command.setCreateTaskGroup(onAll(2))),
                    "conflict");
        }
    }

    // ------------------------------------------------------------ what changes or ends something

    @Test
    void a_patch_a_deletion_and_a_revocation_can_be_repeated() {
        control.create();
        PatchNode patch = PatchNode.newBuilder()
                .setName("web-1")
                .putLabels("tier", "front")
                .addLabelsRemoved("env")
                .setEnabled(false)
                .build();
        ReplyRecord patched = control.ask(user("alice"), command -> command.setPatchNode(patch));
        assertThat(control.ask(user("alice"), command -> command.setPatchNode(patch))
                        .getNode())
                .isEqualTo(patched.getNode());

        assertThat(control.ask(
                                user("alice"),
                                command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()))
                        .hasNode())
                .isTrue();
        assertThat(control.ask(
                                user("alice"),
                                command -> command.setRevokeCredential(RevokeCredential.getDefaultInstance()))
                        .hasNode())
                .isTrue();

        ReplyRecord deleted = delete();
        assertThat(delete().getNode()).isEqualTo(deleted.getNode());
    }

    @Test
    void a_conditional_patch_that_has_been_applied_is_answered_as_the_first_time() {
        control.create();
        PatchNode patch =
                PatchNode.newBuilder().setName("web-1").setIfVersion(1).build();
        ReplyRecord patched = control.ask(user("alice"), command -> command.setPatchNode(patch));

        assertThat(control.ask(user("alice"), command -> command.setPatchNode(patch))
                        .getNode())
                .isEqualTo(patched.getNode());
        control.ask(
                user("alice"),
                command -> command.setPatchNode(PatchNode.newBuilder().setName("web-2")));
        assertProblem(control.ask(user("alice"), command -> command.setPatchNode(patch)), "precondition-failed");
    }

    // ------------------------------------------------------------ words

    private static CreateNode.Builder keyedNode(String key) {
        return newNode().setIdempotencyKey(key);
    }

    /** As a gateway repeats it: the secret is the same, and the expiry is counted from the repeat. */
    private ReplyRecord create(CreateNode.Builder node, long expiresAtMillis) {
        return control.ask(
                user("alice"), command -> command.setCreateNode(node.setInvite(invite("first", expiresAtMillis))));
    }

    private ReplyRecord makeInvite(String key, String secret, long expiresAtMillis) {
        return makeInvite(user("alice"), key, secret, expiresAtMillis);
    }

    private ReplyRecord makeInvite(Actor actor, String key, String secret, long expiresAtMillis) {
        return control.ask(
                actor,
                command -> command.setCreateInvite(CreateInvite.newBuilder()
                        .setInvite(invite(secret, expiresAtMillis))
                        .setIdempotencyKey(key)));
    }

    private ReplyRecord run(Actor actor, String key, String commandLine) {
        return control.ask(
                actor,
                command -> command.setCreateTask(CreateTask.newBuilder()
                        .setTaskId(taskId("t"))
                        .setCommand(commandLine)
                        .setIdempotencyKey(key)));
    }

    private ReplyRecord delete() {
        return control.ask(user("alice"), command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
    }

    private StoredNode stored() {
        KeyValueStore<String, StoredNode> nodes = control.driver.getKeyValueStore(ControlStores.NODES);
        return nodes.get(ControlDriver.NODE);
    }

    private static void assertProblem(ReplyRecord reply, String code) {
        assertThat(reply.getProblem().getCode()).as(reply.toString()).isEqualTo(code);
    }
}
