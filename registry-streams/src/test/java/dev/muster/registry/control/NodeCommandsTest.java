package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.admin;
import static dev.muster.registry.control.ControlDriver.newNode;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.GroupGrants;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NodeCommandsTest {
    private static final String OWNER = "user:alice";
    private static final String FLEET = "fleet:0";

    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    private ReplyRecord patch(Actor actor, Consumer<PatchNode.Builder> change) {
        PatchNode.Builder patch = PatchNode.newBuilder();
        change.accept(patch);
        return control.ask(actor, command -> command.setPatchNode(patch));
    }

    private ReplyRecord patch(Consumer<PatchNode.Builder> change) {
        return patch(user("alice"), change);
    }

    private ReplyRecord delete(Actor actor) {
        return control.ask(actor, command -> command.setDeleteNode(DeleteNode.getDefaultInstance()));
    }

    private static Consumer<PatchNode.Builder> groups(GroupGrant... grants) {
        return patch -> patch.setGroups(GroupGrants.newBuilder().addAllGroups(List.of(grants)));
    }

    private static GroupGrant grant(String group, Role role) {
        return GroupGrant.newBuilder().setGroup(group).setRole(role).build();
    }

    // ------------------------------------------------------------ create

    @Test
    void a_created_node_belongs_to_who_asked_and_is_shown_to_its_audiences() {
        ReplyRecord reply = control.create();

        NodeRecord node = reply.getNode();
        assertThat(node.getOwner()).isEqualTo("alice");
        assertThat(node.getEnabled()).isTrue();
        assertThat(node.getVersion()).isEqualTo(1);
        assertThat(node.getCredentialGeneration()).isZero();
        assertThat(reply.getAudiencesList()).containsExactly(FLEET, OWNER);
        assertThat(control.nodes.readValue()).isEqualTo(node);
        assertThat(control.states.readValue().getStatus()).isEqualTo(NodeStatus.NEVER_SEEN);
        List<KeyValue<String, ViewRecord>> views = control.views.readKeyValuesToList();
        assertThat(views).extracting(view -> view.key).containsExactly(FLEET, OWNER);
        assertThat(views).allSatisfy(view -> {
            assertThat(view.value.getAudience()).isEqualTo(view.key);
            assertThat(view.value.getViewVersion()).isEqualTo(reply.getViewVersion());
            assertThat(view.value.getAudiencesBeforeList()).isEmpty();
            assertThat(view.value.getAudiencesAfterList()).containsExactly(FLEET, OWNER);
            assertThat(view.value.getNode().getNode()).isEqualTo(node);
        });
        AuditRecord audit = control.audit.readValue();
        assertThat(audit.getAction()).isEqualTo("node.create");
        assertThat(audit.getResult()).isEqualTo("ok");
    }

    @Test
    void a_repeated_creation_is_answered_alike_and_changes_nothing() {
        ReplyRecord first = control.create();
        control.skipOutput();
        ReplyRecord second = control.create();

        assertThat(second.getNode()).isEqualTo(first.getNode());
        assertThat(second.getAudiencesList()).isEqualTo(first.getAudiencesList());
        assertThat(second.getViewVersion()).isEqualTo(first.getViewVersion());
        assertThat(control.nodes.isEmpty()).isTrue();
        assertThat(control.views.isEmpty()).isTrue();
    }

    @Test
    void another_creation_under_the_same_id_is_a_conflict() {
        control.create();
        ReplyRecord other = control.ask(
                user("alice"), command -> command.setCreateNode(newNode().setName("other")));
        ReplyRecord stranger = control.ask(user("bob"), command -> command.setCreateNode(newNode()));

        assertThat(other.getProblem().getCode()).isEqualTo("conflict");
        assertThat(stranger.getProblem().getCode()).isEqualTo("conflict");
    }

    record Bad(String what, Actor actor, Consumer<CommandRecord.Builder> command) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Bad> bad() {
        return Stream.of(
                new Bad(
                        "a bad name",
                        user("alice"),
                        c -> c.setCreateNode(newNode().setName("no spaces"))),
                new Bad("no name", user("alice"), c -> c.setCreateNode(newNode().setName(""))),
                new Bad("no owner", user(""), c -> c.setCreateNode(newNode())),
                new Bad(
                        "a bad label",
                        user("alice"),
                        c -> c.setCreateNode(newNode().putLabels("a b", "x"))),
                new Bad("too many labels", user("alice"), c -> {
                    for (int i = 0; i <= 4; i++) {
                        c.getCreateNodeBuilder().setName("n").putLabels("label" + i, "x");
                    }
                }),
                new Bad("too many groups", user("alice"), c -> {
                    for (int i = 0; i <= 3; i++) {
                        c.getCreateNodeBuilder().setName("n").addGroups(grant("group" + i, Role.ROLE_VIEW));
                    }
                }),
                new Bad(
                        "a group twice",
                        user("alice"),
                        c -> c.setCreateNode(newNode()
                                .addGroups(grant("ops", Role.ROLE_VIEW))
                                .addGroups(grant("ops", Role.ROLE_RUN)))),
                new Bad(
                        "a role unknown here",
                        user("alice"),
                        c -> c.setCreateNode(newNode()
                                .addGroups(
                                        GroupGrant.newBuilder().setGroup("ops").setRoleValue(99)))),
                new Bad("an invite that is no digest", user("alice"), c -> {
                    c.setCreateNode(newNode());
                    c.getCreateNodeBuilder().getInviteBuilder().clearSha256();
                }),
                new Bad("no command", user("alice"), c -> {}));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void what_is_invalid_is_refused_and_leaves_no_trace_but_the_audit(Bad bad) {
        ReplyRecord reply = control.ask(bad.actor(), bad.command());

        assertThat(reply.getProblem().getCode()).isEqualTo("invalid");
        assertThat(reply.getProblem().getDetail()).isNotEmpty();
        assertThat(control.nodes.isEmpty()).isTrue();
        assertThat(control.views.isEmpty()).isTrue();
        assertThat(control.audit.readValue().getResult()).isEqualTo("invalid");
        assertThat(control.create().hasNode()).isTrue();
    }

    @Test
    void a_command_under_another_key_is_refused_and_kept_as_a_dead_letter() {
        CommandRecord command = CommandRecord.newBuilder()
                .setReplyTo("gateway")
                .setNodeId(ControlDriver.NODE)
                .setActor(user("alice"))
                .setCreateNode(newNode())
                .build();
        control.commands.pipeInput("another", command.toByteArray());

        assertThat(control.replies.readValue().getProblem().getCode()).isEqualTo("invalid");
        assertThat(control.deadLetters.readValue().getReason()).isEqualTo("key-is-not-the-node");
        assertThat(control.nodes.isEmpty()).isTrue();
    }

    @Test
    void bytes_that_are_no_record_become_a_dead_letter_and_the_next_record_is_processed() {
        control.commands.pipeInput(ControlDriver.NODE, new byte[] {1, 2, 3});
        control.events.pipeInput(ControlDriver.NODE, new byte[] {1, 2, 3});
        control.heartbeats.pipeInput(ControlDriver.NODE, new byte[] {1, 2, 3});

        assertThat(control.deadLetters.readValuesToList()).hasSize(3).allSatisfy(letter -> {
            assertThat(letter.getReason()).isEqualTo("not-a-protobuf");
            assertThat(letter.getErrorId()).isEqualTo("error-id");
            assertThat(letter.getValue().toByteArray()).containsExactly(1, 2, 3);
        });
        assertThat(control.create().hasNode()).isTrue();
    }

    @Test
    void a_command_that_nobody_waits_for_is_done_without_a_reply() {
        CommandRecord command = CommandRecord.newBuilder()
                .setNodeId(ControlDriver.NODE)
                .setActor(user("alice"))
                .setCreateNode(newNode())
                .build();
        control.commands.pipeInput(ControlDriver.NODE, command.toByteArray());

        assertThat(control.replies.isEmpty()).isTrue();
        assertThat(control.nodes.readValue().getName()).isEqualTo("build-1");
    }

    // ------------------------------------------------------------ patch

    @Test
    void a_patch_changes_what_it_names_and_leaves_the_rest() {
        control.create();
        NodeRecord node = patch(patch -> patch.setName("web-1").putLabels("tier", "front"))
                .getNode();

        assertThat(node.getName()).isEqualTo("web-1");
        assertThat(node.getLabelsMap()).containsOnlyKeys("env", "tier");
        assertThat(node.getVersion()).isEqualTo(2);
        assertThat(patch(patch -> patch.addLabelsRemoved("env")).getNode().getLabelsMap())
                .containsOnlyKeys("tier");
    }

    @Test
    void all_labels_can_be_removed_at_once() {
        control.create();
        NodeRecord node = patch(patch -> patch.setLabelsCleared(true)).getNode();

        assertThat(node.getLabelsMap()).isEmpty();
        assertThat(node.getVersion()).isEqualTo(2);
    }

    @Test
    void a_patch_that_changes_nothing_keeps_the_version() {
        control.create();
        control.skipOutput();
        ReplyRecord reply = patch(patch -> patch.setName("build-1"));

        assertThat(reply.getNode().getVersion()).isEqualTo(1);
        assertThat(reply.getViewVersion()).isEqualTo(1);
        assertThat(control.views.isEmpty()).isTrue();
    }

    @Test
    void a_patch_for_another_version_is_refused() {
        control.create();
        assertThat(patch(patch -> patch.setName("a").setIfVersion(7))
                        .getProblem()
                        .getCode())
                .isEqualTo("precondition-failed");
        assertThat(patch(patch -> patch.setName("a").setIfVersion(1)).getNode().getName())
                .isEqualTo("a");
    }

    @Test
    void labels_are_counted_after_the_patch() {
        control.create();
        ReplyRecord reply = patch(patch ->
                patch.putLabels("a", "").putLabels("b", "").putLabels("c", "").putLabels("d", ""));
        assertThat(reply.getProblem().getCode()).isEqualTo("invalid");
        assertThat(patch(patch -> patch.addLabelsRemoved("env")
                                .putLabels("a", "")
                                .putLabels("b", "")
                                .putLabels("c", "")
                                .putLabels("d", ""))
                        .hasNode())
                .isTrue();
    }

    @Test
    void audiences_that_lose_a_node_are_told_so_once() {
        control.create();
        assertThat(patch(groups(grant("ops", Role.ROLE_VIEW), grant("dev", Role.ROLE_RUN)))
                        .getAudiencesList())
                .containsExactly(FLEET, "group:dev", "group:ops", OWNER);
        control.skipOutput();

        ReplyRecord reply = patch(groups(grant("dev", Role.ROLE_RUN)));

        assertThat(reply.getAudiencesList()).containsExactly(FLEET, "group:dev", "group:ops", OWNER);
        List<ViewRecord> views = control.views.readValuesToList();
        assertThat(views).extracting(ViewRecord::getAudience).containsExactly(FLEET, "group:dev", "group:ops", OWNER);
        assertThat(views).allSatisfy(view -> {
            assertThat(view.hasRemoved()).isEqualTo(view.getAudience().equals("group:ops"));
            assertThat(view.getAudiencesBeforeList()).containsExactly(FLEET, "group:dev", "group:ops", OWNER);
            assertThat(view.getAudiencesAfterList()).containsExactly(FLEET, "group:dev", OWNER);
            assertThat(view.getViewVersion()).isEqualTo(reply.getViewVersion());
        });
        patch(patch -> patch.setName("later"));
        assertThat(control.views.readValuesToList())
                .extracting(ViewRecord::getAudience)
                .doesNotContain("group:ops");
    }

    @Test
    void a_group_without_a_role_may_run() {
        control.create();
        NodeRecord node = patch(groups(grant("ops", Role.ROLE_UNSPECIFIED))).getNode();
        assertThat(node.getGroups(0).getRole()).isEqualTo(Role.ROLE_RUN);
    }

    // ------------------------------------------------------------ access

    @Test
    void who_may_not_see_a_node_is_told_that_there_is_none_and_who_may_only_see_it_is_forbidden() {
        control.create();
        patch(groups(grant("ops", Role.ROLE_VIEW), grant("dev", Role.ROLE_RUN), grant("sre", Role.ROLE_ADMIN)));

        assertThat(patch(user("bob"), patch -> patch.setName("x")).getProblem().getCode())
                .isEqualTo("not-found");
        assertThat(delete(user("bob", "ops")).getProblem().getCode()).isEqualTo("forbidden");
        assertThat(delete(user("bob", "ops", "dev")).getProblem().getCode()).isEqualTo("forbidden");
        assertThat(control.run(user("bob", "ops"), "t", "true").getProblem().getCode())
                .isEqualTo("forbidden");
        assertThat(control.run(user("bob"), "t", "true").getProblem().getCode()).isEqualTo("not-found");
        assertThat(control.run(user("bob", "dev"), "t", "true").hasTask()).isTrue();
        assertThat(patch(user("bob", "sre"), patch -> patch.setName("by-sre")).hasNode())
                .isTrue();
        assertThat(patch(admin(), patch -> patch.setName("by-admin")).hasNode()).isTrue();
        assertThat(patch(Actor.getDefaultInstance(), patch -> patch.setName("by-no-user"))
                        .getProblem()
                        .getCode())
                .isEqualTo("not-found");
    }

    @Test
    void what_is_asked_of_a_node_that_is_not_there_is_not_found() {
        for (ReplyRecord reply : List.of(
                patch(patch -> patch.setName("x")),
                delete(admin()),
                control.run("t"),
                control.join("first", "key"),
                control.ask(admin(), c -> c.setRevokeCredential(RevokeCredential.getDefaultInstance())))) {
            assertThat(reply.getProblem().getCode()).isEqualTo("not-found");
        }
    }
}
