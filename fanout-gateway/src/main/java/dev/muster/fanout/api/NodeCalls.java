package dev.muster.fanout.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.InviteGrant;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.proto.records.v1.Role;
import io.javalin.config.RoutesConfig;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The nodes: create, list, show, change, delete, invite, revoke. */
public final class NodeCalls {
    private static final Duration INVITE_LIFE = Duration.ofHours(24);
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 10_000;
    private static final int TEXT_CHARS_MAX = 256;
    private static final int LABELS_MAX = 64;
    private static final Pattern ETAG = Pattern.compile("\"?([0-9]{1,19})\"?");

    private final Api api;
    private final RegistryClient registry;
    private final Commands commands;
    private final Ids ids;
    private final Clock clock;
    private final String agentAddress;
    private final BiFunction<User, Map<Integer, Long>, @Nullable String> positions;

    /**
     * @param agentAddress {@code host:port} that join lines name
     * @param positions makes the token from which the user's WebSocket can go on; null while it cannot be made
     */
    public NodeCalls(
            Api api,
            RegistryClient registry,
            Commands commands,
            Ids ids,
            Clock clock,
            String agentAddress,
            BiFunction<User, Map<Integer, Long>, @Nullable String> positions) {
        this.api = api;
        this.registry = registry;
        this.commands = commands;
        this.ids = ids;
        this.clock = clock;
        this.agentAddress = agentAddress;
        this.positions = positions;
    }

    public void addTo(RoutesConfig routes) {
        routes.get("/api/v1/nodes", api.guarded(this::list));
        routes.post("/api/v1/nodes", api.guarded(this::create));
        routes.get("/api/v1/nodes/{nodeId}", api.guarded(this::show));
        routes.patch("/api/v1/nodes/{nodeId}", api.guarded(this::patch));
        routes.delete("/api/v1/nodes/{nodeId}", api.guarded(this::delete));
        routes.post("/api/v1/nodes/{nodeId}/invites", api.guarded(this::invite));
        routes.delete("/api/v1/nodes/{nodeId}/credential", api.guarded(this::revoke));
    }

    private CompletableFuture<Answer> list(Ask ask) {
        ListNodesRequest.Builder request = ListNodesRequest.newBuilder();
        request.addAllAudiences(audiences(ask.user()));
        for (String status : ask.queries("status")) {
            request.addStatuses(status(status));
        }
        if (ask.queries("label").size() > LABELS_MAX) {
            throw Fields.invalid("'label' is given more than " + LABELS_MAX + " times.");
        }
        for (String label : ask.queries("label")) {
            int equals = label.indexOf('=');
            if (equals <= 0) {
                throw Fields.invalid("'label' is not key=value.");
            }
            request.putLabels(label.substring(0, equals), label.substring(equals + 1));
        }
        ask.query("q").ifPresent(text -> {
            if (text.length() > TEXT_CHARS_MAX) {
                throw Fields.invalid("'q' is longer than " + TEXT_CHARS_MAX + " characters.");
            }
            request.setText(text);
        });
        request.setLimit(Math.toIntExact(ask.number("limit", 1, LIMIT_MAX).orElse((long) LIMIT_DEFAULT)));
        ask.query("after").ifPresent(after -> {
            if (!Ids.isId(Ids.Kind.NODE, after)) {
                throw Fields.invalid("'after' is not the id of a node.");
            }
            request.setAfter(after);
        });
        return registry.listNodes(request.build()).thenApply(page -> Answer.json(200, page(ask.user(), page)));
    }

    private ObjectNode page(User user, ListNodesResponse page) {
        ObjectNode json = Json.object();
        ArrayNode nodes = json.putArray("nodes");
        page.getNodesList().forEach(view -> nodes.add(Json.node(view, Access.roleOf(user, view.getNode()))));
        json.put("next", page.getNext().isEmpty() ? null : page.getNext());
        json.put("position", positions.apply(user, page.getPositionMap()));
        ObjectNode counts = json.putObject("counts");
        for (NodeStatus status : NodeStatus.values()) {
            if (status != NodeStatus.UNRECOGNIZED && status != NodeStatus.NODE_STATUS_UNSPECIFIED) {
                counts.put(status.name(), page.getCountsOrDefault(status.name(), 0));
            }
        }
        return json;
    }

    private CompletableFuture<Answer> create(Ask ask) {
        CreateNode.Builder node = NodeInput.create(ask.body());
        String nodeId = ids.make(Ids.Kind.NODE, clock.millis());
        Invite invite = makeInvite(nodeId);
        return commands.request(nodeId, ask.user(), record -> record.setCreateNode(node.setInvite(invite.grant())))
                .thenCompose(reply -> registry.getNode(nodeId))
                .thenApply(view -> {
                    ObjectNode json = Json.object();
                    json.set("node", Json.node(view, Access.roleOf(ask.user(), view.getNode())));
                    json.set("invite", invite.json(agentAddress));
                    return withTag(Answer.json(201, json), view).with("Location", "/api/v1/nodes/" + nodeId);
                });
    }

    private CompletableFuture<Answer> show(Ask ask) {
        return viewable(ask, Role.ROLE_VIEW).thenApply(view -> answer(ask, view));
    }

    private CompletableFuture<Answer> patch(Ask ask) {
        PatchNode patch = NodeInput.patch(ask.body(), ifMatch(ask));
        String nodeId = ask.nodeId();
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> commands.request(nodeId, ask.user(), record -> record.setPatchNode(patch)))
                .thenCompose(reply -> registry.getNode(nodeId))
                .thenApply(view -> answer(ask, view));
    }

    private CompletableFuture<Answer> delete(Ask ask) {
        long version = ifMatch(ask);
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> commands.request(
                        ask.nodeId(),
                        ask.user(),
                        record -> record.setDeleteNode(DeleteNode.newBuilder().setIfVersion(version))))
                .thenApply(reply -> Answer.empty(204));
    }

    private CompletableFuture<Answer> invite(Ask ask) {
        Fields.ofOptional(ask.body(), java.util.Set.of()).throwIfMistaken();
        String nodeId = ask.nodeId();
        Invite invite = makeInvite(nodeId);
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> commands.request(
                        nodeId,
                        ask.user(),
                        record ->
                                record.setCreateInvite(CreateInvite.newBuilder().setInvite(invite.grant()))))
                .thenCompose(reply -> registry.getNode(nodeId))
                .thenApply(view -> {
                    ObjectNode json = Json.object();
                    json.set("node", Json.node(view, Access.roleOf(ask.user(), view.getNode())));
                    json.set("invite", invite.json(agentAddress));
                    return Answer.json(201, json);
                });
    }

    private CompletableFuture<Answer> revoke(Ask ask) {
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> commands.request(
                        ask.nodeId(),
                        ask.user(),
                        record -> record.setRevokeCredential(RevokeCredential.getDefaultInstance())))
                .thenApply(reply -> Answer.empty(204));
    }

    private CompletableFuture<NodeView> viewable(Ask ask, Role needed) {
        return NodeAccess.require(registry, ask, needed);
    }

    private Invite makeInvite(String nodeId) {
        return new Invite(ids.makeInvite(nodeId), clock.instant().plus(INVITE_LIFE));
    }

    private static Answer answer(Ask ask, NodeView view) {
        ObjectNode json = Json.object();
        json.set("node", Json.node(view, Access.roleOf(ask.user(), view.getNode())));
        return withTag(Answer.json(200, json), view);
    }

    private static Answer withTag(Answer answer, NodeView view) {
        return answer.with("ETag", "\"" + view.getNode().getVersion() + "\"");
    }

    private static long ifMatch(Ask ask) {
        @Nullable String tag = ask.ctx().header("If-Match");
        if (tag == null || tag.strip().equals("*")) {
            return 0;
        }
        Matcher version = ETAG.matcher(tag.strip());
        try {
            if (version.matches() && Long.parseLong(version.group(1)) > 0) {
                return Long.parseLong(version.group(1));
            }
        } catch (NumberFormatException e) {
            // no version of ours, like any other text
        }
        throw new MusterException(ErrorCode.PRECONDITION_FAILED, "If-Match is not an ETag of this node.");
    }

    /** Where the views of all nodes are that the user sees. */
    static Iterable<String> audiences(User user) {
        if (user.admin()) {
            return java.util.List.of("fleet:*");
        }
        java.util.TreeSet<String> audiences = new java.util.TreeSet<>();
        audiences.add(Audiences.ofUser(user.name()));
        user.groups().forEach(group -> audiences.add(Audiences.ofGroup(group)));
        return audiences;
    }

    private static NodeStatus status(String name) {
        for (NodeStatus status : NodeStatus.values()) {
            if (status != NodeStatus.UNRECOGNIZED
                    && status != NodeStatus.NODE_STATUS_UNSPECIFIED
                    && status.name().equals(name.toUpperCase(Locale.ROOT))) {
                return status;
            }
        }
        throw Fields.invalid("'status' is not one of NEVER_SEEN, ONLINE, STALE, OFFLINE, UNKNOWN, DISABLED.");
    }

    private record Invite(String token, Instant expiresAt) {
        InviteGrant grant() {
            return InviteGrant.newBuilder()
                    .setSha256(ByteString.copyFrom(Ids.sha256(token.getBytes(StandardCharsets.UTF_8))))
                    .setExpiresAtMillis(expiresAt.toEpochMilli())
                    .build();
        }

        ObjectNode json(String agentAddress) {
            ObjectNode json = Json.object();
            json.put("token", token);
            json.put("expiresAt", Json.time(expiresAt.toEpochMilli()));
            json.put("command", "infra/muster agent --join " + token + " --gateway " + agentAddress);
            return json;
        }
    }
}
