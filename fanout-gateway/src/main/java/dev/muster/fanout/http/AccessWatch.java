package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.NodeView;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends answers under way when the right to them ends: the token expires or is revoked, the user's role on a node
 * becomes too low, or the node is deleted. Every answer that takes longer than a moment to write is checked about once
 * a second, whatever call made it: a followed output, a download, a long list for a client that reads slowly. Each node
 * is asked for once, however many answers depend on it. Thread-safe.
 */
public final class AccessWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AccessWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    /** Nodes asked for in one round; the others have their turn in the next one. */
    private static final int NODES_MAX = 256;

    private final RegistryClient registry;
    private final Standing standing;
    private final Set<Held> open = ConcurrentHashMap.newKeySet();
    private final Set<String> asking = ConcurrentHashMap.newKeySet();
    private final Set<String> asked = new HashSet<>();
    private final ScheduledExecutorService timer;

    public AccessWatch(RegistryClient registry, Standing standing, Threads threads) {
        this.registry = registry;
        this.standing = standing;
        this.timer = threads.timer("fanout-access");
        var unused =
                timer.scheduleWithFixedDelay(this::sweep, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * @param ask null: anybody may have the answer
     * @param endless whether the answer has no length, such as a followed output: its nodes have their turn first
     */
    Held hold(@Nullable Ask ask, boolean endless) {
        Held held = new Held(ask, endless);
        if (ask != null) {
            open.add(held);
        }
        return held;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void sweep() {
        try {
            Map<String, Set<Held>> nodes = new HashMap<>();
            for (Held held : open) {
                @Nullable Ask ask = held.ask;
                if (ask == null) {
                    continue;
                }
                Optional<String> ended = standing.ended(ask.user());
                if (ended.isPresent()) {
                    held.end(new MusterException(ErrorCode.UNAUTHENTICATED, ended.get()));
                } else {
                    ask.grounds()
                            .forEach(ground -> nodes.computeIfAbsent(ground.nodeId(), id -> new HashSet<>())
                                    .add(held));
                }
            }
            look(nodes);
        } catch (RuntimeException e) {
            // the timer would end with it
            LOG.atError().setCause(e).log("answers under way could not be checked");
        }
    }

    private void look(Map<String, Set<Held>> nodes) {
        if (asked.containsAll(nodes.keySet())) {
            asked.clear();
        }
        nodes.entrySet().stream()
                .filter(node -> !asked.contains(node.getKey()))
                // stable: false sorts first
                .sorted(Comparator.comparing(node -> node.getValue().stream().noneMatch(held -> held.endless)))
                .limit(NODES_MAX)
                .toList()
                .forEach(node -> {
                    asked.add(node.getKey());
                    ask(node.getKey(), node.getValue());
                });
    }

    private void ask(String nodeId, Set<Held> held) {
        if (asking.add(nodeId)) {
            var unused = registry.getNode(nodeId).whenComplete((view, error) -> {
                asking.remove(nodeId);
                held.forEach(one -> {
                    @Nullable Ask ask = one.ask;
                    if (ask != null) {
                        one.judge(ask, nodeId, view, error);
                    }
                });
            });
        }
    }

    /** An answer under way, whose user needs the right to it until it ends. */
    final class Held implements AutoCloseable {
        private final @Nullable Ask ask;
        private final boolean endless;
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        private Held(@Nullable Ask ask, boolean endless) {
            this.ask = ask;
            this.endless = endless;
        }

        /** Fails when the user may no longer have the answer. */
        CompletableFuture<Void> end() {
            return end;
        }

        @Override
        public void close() {
            open.remove(this);
        }

        private void end(MusterException why) {
            open.remove(this);
            end.completeExceptionally(why);
        }

        // a registry that does not answer says nothing about the user's rights
        private void judge(Ask asked, String nodeId, @Nullable NodeView view, @Nullable Throwable error) {
            if (error != null && Problems.problemOf(error).code() != ErrorCode.NOT_FOUND) {
                return;
            }
            for (Ask.Ground ground : asked.grounds()) {
                if (ground.nodeId().equals(nodeId)) {
                    try {
                        if (view == null) {
                            throw new MusterException(ErrorCode.NOT_FOUND, "The node was deleted.");
                        }
                        Access.require(asked.user(), view.getNode(), ground.role());
                    } catch (MusterException e) {
                        end(e);
                        return;
                    }
                }
            }
        }
    }
}
