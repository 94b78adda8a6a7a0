package dev.muster.fanout.resources.nodes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Ids;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.Requester;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.command.Commands;
import dev.muster.fanout.http.Answer;
import dev.muster.fanout.http.Problems;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.proto.records.v1.CreateNode;
import dev.muster.proto.records.v1.NodeView;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Creates nodes, each with an invite: one node, or many in one request. Of many nodes, each is its own change with its
 * own result. At most {@value #AT_ONCE} changes of a request are under way at once, so its user's next change need not
 * wait for all of them. The time for a list grows with its length. A list that cannot be created in this time is
 * refused before its first node.
 */
final class NodeCreation {
    static final int AT_ONCE = 64;
    /** So many nodes of a list count as one change of the user's rate. */
    static final int NODES_PER_CHANGE = 10;

    private final RegistryClient registry;
    private final Commands commands;
    private final Problems problems;
    private final Ids ids;
    private final Clock clock;
    private final Invites invites;
    private final String agentAddress;
    private final Duration perNode;

    /**
     * @param agentAddress {@code host:port}, and options of the agent, as join lines name them
     * @param perNode time that each node of a list adds to the time for one change
     */
    NodeCreation(
            RegistryClient registry,
            Commands commands,
            Problems problems,
            Ids ids,
            Clock clock,
            Invites invites,
            String agentAddress,
            Duration perNode) {
        this.registry = registry;
        this.commands = commands;
        this.problems = problems;
        this.ids = ids;
        this.clock = clock;
        this.invites = invites;
        this.agentAddress = agentAddress;
        this.perNode = perNode;
    }

    /**
     * A node as the views show it, and its invite.
     *
     * @param earlier whether an earlier request made it
     */
    record Created(NodeView view, Invite invite, boolean earlier) {}

    /** What became of one node of many: one of the two is there. */
    private record Outcome(
            String name,
            @Nullable Created created,
            @Nullable Throwable problem) {}

    /** The only node that is asked for. */
    CompletableFuture<Created> create(Requester by, NewNodes asked) {
        return create(by, asked, 0, commands.timeout());
    }

    private CompletableFuture<Created> create(Requester by, NewNodes asked, int index, Duration within) {
        User user = by.user();
        String nodeId = nodeId(user, asked.key(), index);
        Invite invite = invites.ofNewNode(nodeId, user.name(), asked.key());
        CreateNode node =
                asked.nodes().get(index).toBuilder().setInvite(invite.grant()).build();
        return commands.request(nodeId, by, within, record -> record.setCreateNode(node))
                .thenCompose(reply -> registry.of(user.name()).getNode(nodeId).thenApply(view -> {
                    Invite granted = Invites.asGranted(invite, reply);
                    return new Created(view, granted, !granted.equals(invite));
                }));
    }

    /**
     * A node that an earlier request for the same list has created is only read, which takes a fraction of the time of
     * a change.
     */
    private CompletableFuture<Created> createUnlessThere(Requester by, NewNodes asked, int index, Duration within) {
        User user = by.user();
        String nodeId = nodeId(user, asked.key(), index);
        return registry.of(user.name())
                .getNode(nodeId)
                .thenApply(view -> {
                    Invite invite = invites.ofNewNode(nodeId, user.name(), asked.key())
                            .expiringAt(view.getNode().getFirstInviteExpiresAtMillis());
                    return new Created(view, invite, true);
                })
                .exceptionallyCompose(error -> Problems.problemOf(error).code() == ErrorCode.NOT_FOUND
                        ? create(by, asked, index, within)
                        : CompletableFuture.failedFuture(error));
    }

    // the first of a list has the id that a single node under the same key would have, so that the two are in conflict
    private String nodeId(User user, String key, int index) {
        if (key.isEmpty()) {
            return ids.make(Ids.Kind.NODE, clock.millis());
        }
        return index == 0
                ? Ids.derive(Ids.Kind.NODE, user.name(), key)
                : Ids.derive(Ids.Kind.NODE, user.name(), key, Integer.toString(index));
    }

    /**
     * 201 if all were created, 207 if some were; if none was, the problem of the first. Under a key, the first is
     * requested alone: it shows whether another list had the key, and then no node of this list is created.
     *
     * @throws MusterException {@code unavailable}, before any node is created
     */
    CompletableFuture<Answer> createMany(Requester by, NewNodes asked) {
        User user = by.user();
        int count = asked.nodes().size();
        Duration within = commands.timeout().plus(perNode.multipliedBy(count));
        commands.requireRoom(user, count, within);
        Batch batch = new Batch(by, asked, System.nanoTime() + within.toNanos());
        return batch.create().thenApply(outcomes -> answer(user, outcomes));
    }

    /** One list while it is being made. Thread-safe: each outcome has a place of its own. */
    private final class Batch {
        private final Requester by;
        private final NewNodes asked;
        private final long endNanos;
        private final AtomicReferenceArray<@Nullable Outcome> outcomes;
        private final AtomicInteger next = new AtomicInteger();
        private volatile boolean stopped;
        /**
         * Whether an earlier request has begun the list. Known once its first node is, before any other is requested.
         */
        private volatile boolean repeated;

        private Batch(Requester by, NewNodes asked, long endNanos) {
            this.by = by;
            this.asked = asked;
            this.endNanos = endNanos;
            this.outcomes = new AtomicReferenceArray<>(asked.nodes().size());
        }

        CompletableFuture<List<Outcome>> create() {
            CompletableFuture<Void> first =
                    asked.key().isEmpty() ? CompletableFuture.completedFuture(null) : one(next.getAndIncrement());
            return first.thenCompose(done -> CompletableFuture.allOf(IntStream.range(0, AT_ONCE)
                            .mapToObj(lane -> nextOnes())
                            .toArray(CompletableFuture[]::new)))
                    .thenApply(all -> IntStream.range(0, outcomes.length())
                            .mapToObj(this::outcome)
                            .toList());
        }

        /** One after the other, until there are no more. */
        private CompletableFuture<Void> nextOnes() {
            int index = stopped ? outcomes.length() : next.getAndIncrement();
            return index >= outcomes.length()
                    ? CompletableFuture.completedFuture(null)
                    : one(index).thenCompose(done -> nextOnes());
        }

        private CompletableFuture<Void> one(int index) {
            Duration left = Duration.ofNanos(endNanos - System.nanoTime());
            CompletableFuture<Created> node = repeated
                    ? createUnlessThere(by, asked, index, left)
                    : NodeCreation.this.create(by, asked, index, left);
            return node.handle((created, error) -> {
                if (index == 0 && !asked.key().isEmpty() && created != null) {
                    repeated = created.earlier();
                }
                outcomes.set(index, new Outcome(name(index), created, error));
                if (error != null && stops(index, Problems.problemOf(error).code())) {
                    stopped = true;
                }
                return null;
            });
        }

        // the first of another list under this key would be in conflict
        private boolean stops(int index, ErrorCode code) {
            boolean otherContent = index == 0 && !asked.key().isEmpty() && code == ErrorCode.CONFLICT;
            return otherContent || code.status() >= 500;
        }

        private Outcome outcome(int index) {
            @Nullable Outcome outcome = outcomes.get(index);
            return outcome != null
                    ? outcome
                    : new Outcome(
                            name(index),
                            null,
                            new MusterException(
                                    ErrorCode.UNAVAILABLE, "Not asked for, since another could not be made."));
        }

        private String name(int index) {
            return asked.nodes().get(index).getName();
        }
    }

    ObjectNode json(User user, NodeView view, Invite invite) {
        ObjectNode json = Json.object();
        json.set("node", Json.node(view, Access.roleOf(user, view.getNode())));
        json.set("invite", invite.json(agentAddress));
        return json;
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
        Answer answer = Answer.json(failed == 0 ? 201 : 207, json);
        return retryAfter(outcomes)
                .map(seconds -> answer.with("Retry-After", seconds))
                .orElse(answer);
    }

    /** When a repeat is worth while, if it is. */
    private static Optional<String> retryAfter(List<Outcome> outcomes) {
        return outcomes.stream()
                .map(Outcome::problem)
                .filter(Objects::nonNull)
                .map(Problems::problemOf)
                .filter(problem -> problem.code().status() == 503)
                .map(Problems::retryAfter)
                .max(Integer::compare)
                .map(String::valueOf);
    }

    // what many have in common is one fault, with one error id and one line in the log
    private ObjectNode problem(Throwable error, Map<String, ObjectNode> known) {
        MusterException problem = Problems.problemOf(error);
        return known.computeIfAbsent(problem.code() + " " + problem.getMessage(), fault -> problems.json(error));
    }
}
