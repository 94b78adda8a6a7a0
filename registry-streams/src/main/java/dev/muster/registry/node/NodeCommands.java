package dev.muster.registry.node;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import dev.muster.contract.report.AgentReport;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.JoinAccepted;
import dev.muster.proto.records.v1.JoinNode;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.store.v1.Joined;
import dev.muster.proto.store.v1.StoredNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Decides on commands about the node itself. Each is safe to repeat: the answer is the same. */
public final class NodeCommands {
    private final NodeLimits limits;
    private final NodeRules rules;

    public NodeCommands(NodeLimits limits) {
        this.limits = limits;
        this.rules = new NodeRules(limits);
    }

    public Outcome create(NodeDraft draft, CreateNode create, Actor actor, long atMillis) {
        if (!Ids.isUser(actor.getUser())) {
            return Outcome.refused(ErrorCode.INVALID, "actor: not the name of a user");
        }
        Optional<String> problem = rules.problem(create);
        if (problem.isPresent()) {
            return Outcome.refused(ErrorCode.INVALID, problem.get());
        }
        boolean keyed = !create.getIdempotencyKey().isEmpty();
        ByteString digest = Digests.of(keyed ? create.toBuilder().clearInvite().build() : create, actor.getUser());
        if (draft.known()) {
            return repeated(draft, keyed, digest);
        }
        StoredNode.Builder created = StoredNode.newBuilder().setCreatedSha256(digest);
        if (create.hasInvite()) {
            created.addInvites(create.getInvite());
            if (keyed) {
                created.setCreatedInvite(create.getInvite());
            }
        }
        draft.node(created.build());
        draft.record(NodeRecord.newBuilder()
                .setNodeId(draft.nodeId())
                .setName(create.getName())
                .setOwner(actor.getUser())
                .addAllGroups(withRoles(create.getGroupsList()))
                .putAllLabels(create.getLabelsMap())
                .setEnabled(true)
                .setCreatedAtMillis(atMillis)
                .setFirstInviteExpiresAtMillis(created.getCreatedInvite().getExpiresAtMillis())
                .build());
        draft.state(NodeState.newBuilder()
                .setNodeId(draft.nodeId())
                .setStatus(NodeStatus.NEVER_SEEN)
                .setStatusReason("no agent has connected yet")
                .build());
        return new Outcome.NodeAnswer(draft.record(), draft.node().getCreatedInvite());
    }

    private static Outcome repeated(NodeDraft draft, boolean keyed, ByteString digest) {
        if (!draft.node().getCreatedSha256().equals(digest)) {
            return Outcome.refused(
                    ErrorCode.CONFLICT, keyed ? "another request has this idempotency key" : "the node id is taken");
        }
        if (draft.exists()) {
            return new Outcome.NodeAnswer(draft.record(), draft.node().getCreatedInvite());
        }
        return keyed
                ? Outcome.refused(ErrorCode.GONE, "the node " + draft.nodeId() + " was deleted")
                : Outcome.refused(ErrorCode.CONFLICT, "the node id is taken");
    }

    /** A patch that changes nothing has been applied already, whatever version it names: RFC 9110, section 13.1.1. */
    public Outcome patch(NodeDraft draft, PatchNode patch, Actor actor) {
        Optional<Outcome> refusal = refusal(draft, actor, 0);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Map<String, String> labels = patch.getLabelsCleared()
                ? new TreeMap<>()
                : new TreeMap<>(draft.record().getLabelsMap());
        patch.getLabelsRemovedList().forEach(labels::remove);
        labels.putAll(patch.getLabelsMap());
        Optional<String> problem = rules.problem(patch).or(() -> rules.labels(labels));
        if (problem.isPresent()) {
            return Outcome.refused(ErrorCode.INVALID, problem.get());
        }
        NodeRecord.Builder changed = draft.record().toBuilder().clearLabels().putAllLabels(labels);
        if (patch.hasName()) {
            changed.setName(patch.getName());
        }
        if (patch.hasGroups()) {
            changed.clearGroups().addAllGroups(withRoles(patch.getGroups().getGroupsList()));
        }
        if (patch.hasEnabled()) {
            changed.setEnabled(patch.getEnabled());
        }
        NodeRecord record = changed.build();
        Optional<Outcome> otherVersion = otherVersion(draft, patch.getIfVersion());
        if (otherVersion.isPresent() && !record.equals(draft.record())) {
            return otherVersion.get();
        }
        draft.record(record);
        if (patch.hasEnabled()) {
            enable(draft, patch.getEnabled());
        }
        return new Outcome.NodeAnswer(draft.record());
    }

    /** The tasks of the node are not looked at here: their queue is cancelled by the caller. */
    public Outcome delete(NodeDraft draft, DeleteNode delete, Actor actor) {
        if (draft.known() && !draft.exists()) {
            return Access.refusal(draft.record(), actor, Role.ROLE_ADMIN)
                    .orElseGet(() -> new Outcome.NodeAnswer(draft.record()));
        }
        Optional<Outcome> refusal = refusal(draft, actor, delete.getIfVersion());
        if (refusal.isPresent()) {
            return refusal.get();
        }
        draft.closeCurrent(ErrorCode.NODE_DELETED, "the node was deleted");
        // the rest refuses late records and answers repeats; the owner and the grants decide which users may repeat
        draft.record(NodeRecord.newBuilder()
                .setNodeId(draft.nodeId())
                .setName(draft.record().getName())
                .setOwner(draft.record().getOwner())
                .addAllGroups(draft.record().getGroupsList())
                .setCredentialGeneration(draft.record().getCredentialGeneration())
                .setVersion(draft.record().getVersion())
                .setCreatedAtMillis(draft.record().getCreatedAtMillis())
                .setDeleted(true)
                .build());
        draft.node(draft.node().toBuilder()
                .clearInvites()
                .clearCreatedInvite()
                .clearKeyedInvites()
                .clearJoined()
                .setDeletedAtMillis(draft.nowMillis())
                .build());
        return new Outcome.NodeAnswer(draft.record());
    }

    public Outcome invite(NodeDraft draft, CreateInvite create, Actor actor) {
        boolean keyed = !create.getIdempotencyKey().isEmpty();
        if (keyed && !draft.exists()) {
            return Access.goneOrNoSuchNode(draft, actor, Role.ROLE_ADMIN);
        }
        Optional<Outcome> refusal = refusal(draft, actor, 0);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Optional<String> problem = rules.problem(create);
        if (problem.isPresent()) {
            return Outcome.refused(ErrorCode.INVALID, problem.get());
        }
        InviteGrant invite = create.getInvite();
        Optional<InviteGrant> made = draft.node().getKeyedInvitesList().stream()
                .filter(grant -> grant.getSha256().equals(invite.getSha256()))
                .findFirst();
        if (keyed && made.isPresent()) {
            return repeated(draft, made.get());
        }
        if (!draft.node().getInvitesList().contains(invite)) {
            StoredNode.Builder node = draft.node().toBuilder()
                    .clearInvites()
                    .addAllInvites(newest(draft.node().getInvitesList(), invite, limits.invitesMax()));
            if (keyed) {
                node.clearKeyedInvites()
                        .addAllKeyedInvites(
                                newest(draft.node().getKeyedInvitesList(), invite, limits.keyedInvitesMax()));
            }
            draft.node(node.build());
        }
        return new Outcome.NodeAnswer(draft.record(), keyed ? invite : InviteGrant.getDefaultInstance());
    }

    /** The first answer again, unless no agent can join with the invite and the present one has not. */
    private static Outcome repeated(NodeDraft draft, InviteGrant made) {
        boolean unused = draft.node().getInvitesList().contains(made) && made.getExpiresAtMillis() > draft.nowMillis();
        boolean joined = draft.node().getJoined().getInviteSha256().equals(made.getSha256());
        return unused || joined
                ? new Outcome.NodeAnswer(draft.record(), made)
                : Outcome.refused(ErrorCode.GONE, "the invite has expired, or a newer one has taken its place");
    }

    private static List<InviteGrant> newest(List<InviteGrant> present, InviteGrant added, int countMax) {
        List<InviteGrant> all = new ArrayList<>(present);
        all.add(added);
        return all.subList(Math.max(0, all.size() - countMax), all.size());
    }

    public Outcome revoke(NodeDraft draft, Actor actor) {
        Optional<Outcome> refusal = refusal(draft, actor, 0);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        newGeneration(draft, "the credential was revoked");
        draft.node(draft.node().toBuilder().clearJoined().build());
        return new Outcome.NodeAnswer(draft.record());
    }

    /** The first in the log wins. Its repeats get the same answer for as long as its credential is the newest. */
    public Outcome join(NodeDraft draft, JoinNode join, long atMillis) {
        if (!draft.exists()) {
            return Outcome.refused(
                    draft.known() ? ErrorCode.NODE_DELETED : ErrorCode.NOT_FOUND, "no node " + draft.nodeId());
        }
        if (join.getPublicKey().isEmpty() || join.getPublicKey().size() > 1_024) {
            return Outcome.refused(ErrorCode.INVALID, "public key: expected a SubjectPublicKeyInfo");
        }
        if (!draft.record().getEnabled()) {
            return Outcome.refused(ErrorCode.NODE_DISABLED, "the node is disabled");
        }
        Joined joined = draft.node().getJoined();
        if (joined.getPublicKey().equals(join.getPublicKey())
                && joined.getInviteSha256().equals(join.getInviteSha256())
                && joined.getCredentialGeneration() == draft.record().getCredentialGeneration()) {
            return accepted(draft);
        }
        Optional<InviteGrant> invite = draft.node().getInvitesList().stream()
                .filter(grant -> grant.getSha256().equals(join.getInviteSha256()))
                .findFirst();
        if (invite.isEmpty() || invite.get().getExpiresAtMillis() <= Math.max(atMillis, draft.nowMillis())) {
            return Outcome.refused(ErrorCode.INVITE_USED, "the invite was used, replaced or has expired");
        }
        newGeneration(draft, "another agent has joined");
        List<InviteGrant> unused = draft.node().getInvitesList().stream()
                .filter(grant -> !grant.equals(invite.get()))
                .toList();
        draft.node(draft.node().toBuilder()
                .clearInvites()
                .addAllInvites(unused)
                .setJoined(Joined.newBuilder()
                        .setInviteSha256(join.getInviteSha256())
                        .setPublicKey(join.getPublicKey())
                        .setCredentialGeneration(draft.record().getCredentialGeneration()))
                .build());
        if (join.hasHost() && !draft.state().hasHost()) {
            draft.state(draft.state().toBuilder()
                    .setHost(AgentReport.host(join.getHost()))
                    .build());
        }
        return accepted(draft);
    }

    private static Outcome accepted(NodeDraft draft) {
        return new Outcome.JoinAnswer(JoinAccepted.newBuilder()
                .setName(draft.record().getName())
                .setCredentialGeneration(draft.record().getCredentialGeneration())
                .build());
    }

    private static void newGeneration(NodeDraft draft, String why) {
        draft.record(draft.record().toBuilder()
                .setCredentialGeneration(draft.record().getCredentialGeneration() + 1)
                .build());
        draft.status(NodeTransitions.Event.DISCONNECTED, why);
        draft.closeCurrent(ErrorCode.CREDENTIAL_REVOKED, why);
    }

    private static void enable(NodeDraft draft, boolean enabled) {
        if (enabled) {
            boolean seen = draft.state().getLastSeenMillis() > 0;
            draft.status(
                    seen ? NodeTransitions.Event.ENABLE : NodeTransitions.Event.ENABLE_UNSEEN,
                    seen ? "enabled; not connected yet" : "no agent has connected yet");
        } else {
            draft.closeCurrent(ErrorCode.NODE_DISABLED, "the node was disabled");
            draft.status(NodeTransitions.Event.DISABLE, "disabled");
        }
    }

    private static Optional<Outcome> refusal(NodeDraft draft, Actor actor, long ifVersion) {
        if (!draft.exists()) {
            return Optional.of(Access.noSuchNode(draft.nodeId()));
        }
        Optional<Outcome> refusal = Access.refusal(draft.record(), actor, Role.ROLE_ADMIN);
        return refusal.isPresent() ? refusal : otherVersion(draft, ifVersion);
    }

    private static Optional<Outcome> otherVersion(NodeDraft draft, long ifVersion) {
        return ifVersion != 0 && ifVersion != draft.record().getVersion()
                ? Optional.of(Outcome.refused(
                        ErrorCode.PRECONDITION_FAILED,
                        "the node has version " + draft.record().getVersion()))
                : Optional.empty();
    }

    private static List<GroupGrant> withRoles(List<GroupGrant> groups) {
        return groups.stream()
                .map(grant -> grant.getRole() == Role.ROLE_UNSPECIFIED
                        ? grant.toBuilder().setRole(Role.ROLE_RUN).build()
                        : grant)
                .toList();
    }
}
