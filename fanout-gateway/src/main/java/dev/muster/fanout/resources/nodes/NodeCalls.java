package dev.muster.fanout.resources.nodes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.AnswerShares;
import dev.muster.fanout.http.Api;
import dev.muster.fanout.http.Ask;
import dev.muster.fanout.http.Fields;
import dev.muster.fanout.http.IdempotencyKey;
import dev.muster.fanout.http.IfMatch;
import dev.muster.fanout.http.NodeAccess;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.query.v1.ListNodesRequest;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.CreateInvite;
import dev.muster.proto.records.v1.DeleteNode;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.PatchNode;
import dev.muster.proto.records.v1.RevokeCredential;
import dev.muster.proto.records.v1.Role;
import io.javalin.config.RoutesConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The nodes: create (one or many), list, show, change, delete, invite, revoke. */
public final class NodeCalls {
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 10_000;
    private static final int TEXT_CHARS_MAX = 256;
    private static final int LABELS_MAX = 64;
    /** The value of no label: asked for where one key shall have two values, which no node can. */
    private static final String NO_VALUE = "\0";

    private final Api api;
    private final RegistryClient registry;
    private final Commands commands;
    private final Invites invites;
    private final NodeCreation creation;
    private final int nodesMax;
    private final BiFunction<User, Map<Integer, Long>, @Nullable String> positions;
    private final AnswerShares lists;

    /**
     * @param agentAddress {@code host:port}, and options of the agent, as join lines name them
     * @param nodesMax nodes that one request may ask for
     * @param perNode time that each node of a list adds to the time for one change
     * @param positions makes the token from which the user's WebSocket can go on; null while it cannot be made
     * @param lists counts the lists under way
     */
    public NodeCalls(
            Api api,
            RegistryClient registry,
            Commands commands,
            Problems problems,
            Ids ids,
            Clock clock,
            Invites invites,
            String agentAddress,
            int nodesMax,
            Duration perNode,
            BiFunction<User, Map<Integer, Long>, @Nullable String> positions,
            AnswerShares lists) {
        this.api = api;
        this.registry = registry;
        this.commands = commands;
        this.invites = invites;
        this.creation = new NodeCreation(registry, commands, problems, ids, clock, invites, agentAddress, perNode);
        this.nodesMax = nodesMax;
        this.positions = positions;
        this.lists = lists;
    }

    public void addTo(RoutesConfig routes) {
        api.read(routes, "/api/v1/nodes", api.guarded(this::list));
        routes.post("/api/v1/nodes", api.guarded(this::create));
        api.read(routes, "/api/v1/nodes/{nodeId}", api.guarded(this::show));
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
            String key = label.substring(0, equals);
            String value = label.substring(equals + 1);
            boolean contradicts = !request.getLabelsOrDefault(key, value).equals(value);
            request.putLabels(key, contradicts ? NO_VALUE : value);
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
        return lists.counted(
                ask.user(),
                () -> registry.of(ask.user().name())
                        .listNodes(request.build())
                        .thenApply(page -> Answer.json(200, page(ask.user(), page))));
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
        NewNodes asked = NodeInput.create(ask.body(), nodesMax);
        if (asked.many()) {
            api.charge(ask.user(), (asked.nodes().size() - 1) / NodeCreation.NODES_PER_CHANGE);
            return creation.createMany(ask.requester(), asked);
        }
        return creation.create(ask.requester(), asked).thenApply(created -> {
            NodeView view = created.view();
            return withTag(Answer.json(201, creation.json(ask.user(), view, created.invite())), view)
                    .with("Location", "/api/v1/nodes/" + view.getNode().getNodeId());
        });
    }

    private CompletableFuture<Answer> show(Ask ask) {
        return viewable(ask, Role.ROLE_VIEW).thenApply(view -> answer(ask, view));
    }

    private CompletableFuture<Answer> patch(Ask ask) {
        PatchNode patch = NodeInput.patch(ask.body());
        IfMatch condition = ifMatch(ask);
        String nodeId = ask.nodeId();
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> {
                    PatchNode guarded = patch.toBuilder()
                            .setIfVersion(condition.versionOrNone(view))
                            .build();
                    return commands.request(nodeId, ask.requester(), record -> record.setPatchNode(guarded))
                            .exceptionallyCompose(error -> CompletableFuture.failedFuture(
                                    Problems.problemOf(error).code() == ErrorCode.PRECONDITION_FAILED
                                            ? condition.refusal(view)
                                            : error));
                })
                .thenCompose(reply -> registry.of(ask.user().name()).getNode(nodeId))
                .thenApply(view -> answer(ask, view));
    }

    private CompletableFuture<Answer> delete(Ask ask) {
        IfMatch condition = ifMatch(ask);
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> {
                    DeleteNode guarded = DeleteNode.newBuilder()
                            .setIfVersion(condition.versionOf(view))
                            .build();
                    return commands.request(ask.nodeId(), ask.requester(), record -> record.setDeleteNode(guarded));
                })
                .thenApply(reply -> Answer.empty(204));
    }

    private CompletableFuture<Answer> invite(Ask ask) {
        Fields fields = Fields.ofOptional(ask.body(), IdempotencyKey.ALONE);
        String key = IdempotencyKey.read(fields);
        fields.throwIfMistaken();
        String nodeId = ask.nodeId();
        Invite invite = invites.ofNode(nodeId, ask.user().name(), key);
        CreateInvite create = CreateInvite.newBuilder()
                .setInvite(invite.grant())
                .setIdempotencyKey(key)
                .build();
        return NodeAccess.requireOrRepeat(registry, ask, Role.ROLE_ADMIN, key)
                .thenCompose(
                        allowed -> commands.request(nodeId, ask.requester(), record -> record.setCreateInvite(create)))
                .thenCompose(reply -> registry.of(ask.user().name())
                        .getNode(nodeId)
                        .thenApply(view ->
                                Answer.json(201, creation.json(ask.user(), view, Invites.asGranted(invite, reply)))));
    }

    private CompletableFuture<Answer> revoke(Ask ask) {
        return viewable(ask, Role.ROLE_ADMIN)
                .thenCompose(view -> commands.request(
                        ask.nodeId(),
                        ask.requester(),
                        record -> record.setRevokeCredential(RevokeCredential.getDefaultInstance())))
                .thenApply(reply -> Answer.empty(204));
    }

    private CompletableFuture<NodeView> viewable(Ask ask, Role needed) {
        return NodeAccess.require(registry, ask, needed);
    }

    private static Answer answer(Ask ask, NodeView view) {
        ObjectNode json = Json.object();
        json.set("node", Json.node(view, Access.roleOf(ask.user(), view.getNode())));
        return withTag(Answer.json(200, json), view);
    }

    private static Answer withTag(Answer answer, NodeView view) {
        return answer.with("ETag", IfMatch.tag(view));
    }

    private static IfMatch ifMatch(Ask ask) {
        return new IfMatch(ask.ctx().header("If-Match"));
    }

    /** Where the views of all nodes are that the user sees. */
    public static Iterable<String> audiences(User user) {
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
                    && status.name().equalsIgnoreCase(name)) {
                return status;
            }
        }
        throw Fields.invalid("'status' is not one of NEVER_SEEN, ONLINE, STALE, OFFLINE, UNKNOWN, DISABLED.");
    }
}
