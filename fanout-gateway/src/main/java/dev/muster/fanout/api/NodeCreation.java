package dev.muster.fanout.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.NodeView;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes nodes, each with an invite: one, or many of one request. Of many, each is a change of its own with a result of its own; they are asked for in waves, so that
 * one request never has more than {@value #AT_ONCE} changes waiting, and a registry that does not answer holds it up for one wave only.
 */
final class NodeCreation {
    static final int AT_ONCE = 250;
    /** So many nodes of a list count as one change of the user's rate. */
    static final int NODES_PER_CHANGE = 10;

    private final RegistryClient registry;
    private final Commands commands;
    private final Problems problems;
    private final Ids ids;
    private final Clock clock;
    private final String agentAddress;

    /** @param agentAddress {@code host:port}, and options of the agent, as join lines name them */
    NodeCreation(
            RegistryClient registry, Commands commands, Problems problems, Ids ids, Clock clock, String agentAddress) {
        this.registry = registry;
        this.commands = commands;
        this.problems = problems;
        this.ids = ids;
        this.clock = clock;
        this.agentAddress = agentAddress;
    }

    /** A node as the views show it, and its invite. */
    record Created(NodeView view, Invite invite) {}

    /** What became of one node of many: one of the two is there. */
    private record Outcome(
            String name,
            @Nullable Created created,
            @Nullable Throwable problem) {}

    CompletableFuture<Created> create(User user, CreateNode node) {
        String nodeId = ids.make(Ids.Kind.NODE, clock.millis());
        Invite invite = Invite.make(ids, nodeId, clock);
        return commands.request(
                        nodeId,
                        user,
                        record -> record.setCreateNode(node.toBuilder().setInvite(invite.grant())))
                .thenCompose(reply -> registry.getNode(nodeId))
                .thenApply(view -> new Created(view, invite));
    }

    /** 201 if all were made, 207 if some were; if none was, the problem of the first. */
    CompletableFuture<Answer> createMany(User user, List<CreateNode> nodes) {
        return waves(user, nodes, new ArrayList<>()).thenApply(outcomes -> answer(user, outcomes));
    }

    ObjectNode json(User user, NodeView view, Invite invite) {
        ObjectNode json = Json.object();
        json.set("node", Json.node(view, Access.roleOf(user, view.getNode())));
        json.set("invite", invite.json(agentAddress));
        return json;
    }

    private CompletableFuture<List<Outcome>> waves(User user, List<CreateNode> left, List<Outcome> done) {
        if (left.isEmpty()) {
            return CompletableFuture.completedFuture(done);
        }
        List<CreateNode> wave = left.subList(0, Math.min(AT_ONCE, left.size()));
        List<CompletableFuture<Outcome>> asked =
                wave.stream().map(node -> outcome(user, node)).toList();
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).thenCompose(all -> {
            asked.forEach(outcome -> done.add(outcome.join()));
            List<CreateNode> rest = left.subList(wave.size(), left.size());
            if (done.stream().noneMatch(NodeCreation::unavailable)) {
                return waves(user, rest, done);
            }
            MusterException notAsked = new MusterException(
                    ErrorCode.UNAVAILABLE, "Not asked for, since nodes before it could not be made.");
            rest.forEach(node -> done.add(new Outcome(node.getName(), null, notAsked)));
            return CompletableFuture.completedFuture(done);
        });
    }

    private CompletableFuture<Outcome> outcome(User user, CreateNode node) {
        return create(user, node).handle((created, error) -> new Outcome(node.getName(), created, error));
    }

    private static boolean unavailable(Outcome outcome) {
        return outcome.problem() != null
                && Problems.problemOf(outcome.problem()).code().status() >= 500;
    }

    private Answer answer(User user, List<Outcome> outcomes) {
        long failed = outcomes.stream().filter(o -> o.created() == null).count();
        if (failed == outcomes.size()) {
            @Nullable Throwable first = outcomes.get(0).problem();
            throw first == null ? new IllegalStateException("an empty list has no outcome") : Problems.problemOf(first);
        }
        ObjectNode json = Json.object();
        ArrayNode results = json.putArray("results");
        Map<String, ObjectNode> known = new HashMap<>();
        for (Outcome outcome : outcomes) {
            ObjectNode result = outcome.created() == null
                    ? Json.object()
                    : json(user, outcome.created().view(), outcome.created().invite());
            result.put("name", outcome.name());
            if (outcome.problem() != null) {
                result.putNull("node").putNull("invite");
            }
            result.set("problem", outcome.problem() == null ? null : problem(outcome.problem(), known));
            results.add(result);
        }
        json.put("created", outcomes.size() - failed);
        json.put("failed", failed);
        return Answer.json(failed == 0 ? 201 : 207, json);
    }

    // what many have in common is one fault, with one error id and one line in the log
    private ObjectNode problem(Throwable error, Map<String, ObjectNode> known) {
        MusterException problem = Problems.problemOf(error);
        return known.computeIfAbsent(problem.code() + " " + problem.getMessage(), fault -> problems.json(error));
    }
}
