package dev.muster.e2e.simulation;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.User;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.terminal.read.ReadBudget;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One run: some agents, two gateways and the registry, for a while under faults, then without faults until everything
 * has arrived. The invariants are checked after every step, and again at rest.
 */
final class Simulation {
    private static final long TROUBLE_MILLIS = 60_000;
    private static final long REST_MILLIS_MAX = 300_000;
    private static final long CONVERGENCE_MILLIS_MAX = 60_000;
    private static final Partitions PARTITIONS = new Partitions(2, 2, 2);

    private final long seed;
    private final World world;
    private final List<AgentNode> agents = new ArrayList<>();
    private final List<GatewayNode> gateways = new ArrayList<>();
    private final RegistryNode registry;
    private final List<FanoutNode> fanouts = new ArrayList<>();
    private final List<Viewer> viewers = new ArrayList<>();
    private final Operator operator;
    private final Faults faults;
    private final ViewerConvergesToStore convergence;
    private final List<Invariant> invariants;

    /** @param notes told of everything that the trace holds, as it happens */
    Simulation(long seed, Path dir, Consumer<String> notes) {
        this.seed = seed;
        world = new World(seed, PARTITIONS, notes);
        registry = new RegistryNode(world, RegistryNode.settings());
        operator = new Operator(world);
        for (int i = 1; i <= 2; i++) {
            gateways.add(new GatewayNode(world, "gateway-" + i));
        }
        int count = world.chance.between(1, 3);
        for (int i = 1; i <= count; i++) {
            agents.add(new AgentNode(world, "agent-" + i, dir.resolve("agent-" + i), gateways));
        }
        for (int i = 1; i <= 2; i++) {
            fanouts.add(new FanoutNode(world, "fanout-" + i, registry));
        }
        viewers.add(viewer("alice", List.of(), false));
        viewers.add(viewer("bob", List.of("ops"), false));
        viewers.add(viewer("root", List.of(), true));
        faults = new Faults(world, agents, gateways, registry, fanouts, viewers);
        convergence = new ViewerConvergesToStore(viewers, this::nodesOf, this::history);
        invariants = List.of(
                new NoLineLostAfterAck(world.ledger, this::history),
                new NoLineTwice(world.ledger, this::history),
                new OrderPerTerminal(world.ledger, this::history),
                new AtMostOnceExecution(world.ledger),
                new NoFalseOffline(world.time, agents, new Contacts()),
                convergence);
        world.log.listen(this::committed);
        world.ledger.onAck((terminalId, offset) -> invariants.forEach(each -> each.acked(terminalId, offset)));
    }

    /** Runs to the end; the same seed always gives the same answer. */
    String run() {
        try {
            begin();
            advance(TROUBLE_MILLIS);
            faults.end();
            long until = world.time.millis() + REST_MILLIS_MAX;
            while (!isAtRest()) {
                if (world.time.millis() >= until) {
                    throw new Invariant.Violation("ComesToRest: not after " + REST_MILLIS_MAX + " ms; " + unrest());
                }
                advance(world.time.millis() + 1_000);
            }
            // changes never quite end: there must be a moment at which no part lags
            long lastMillis = world.time.millis() + CONVERGENCE_MILLIS_MAX;
            while (!convergence.difference().isEmpty() && world.time.millis() < lastMillis) {
                advance(world.time.millis() + 50);
            }
            invariants.forEach(Invariant::atRest);
            return world.trace.fingerprint();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "simulation of seed %d failed after %d ms: %s\nrepeat it with -Dmuster.simulation.seed=%d\n%s"
                            .formatted(seed, world.time.millis(), e, seed, world.trace),
                    e);
        } finally {
            agents.forEach(AgentNode::kill);
        }
    }

    private void begin() {
        registry.start();
        gateways.forEach(GatewayNode::start);
        agents.forEach(agent -> operator.createNode(agent.toString(), agent.nodeId()));
        agents.forEach(AgentNode::start);
        fanouts.forEach(FanoutNode::start);
        viewers.forEach(Viewer::connect);
        ask();
        look();
        faults.begin();
    }

    private void ask() {
        world.time.after(world.chance.between(200, 6_000), () -> {
            if (world.isFaulty()) {
                if (world.log.isAvailable()) {
                    askForSomething();
                }
                ask();
            }
        });
    }

    private void askForSomething() {
        String nodeId = world.chance.of(agents).nodeId();
        switch (world.chance.between(0, 5)) {
            case 0 -> operator.cancelOne();
            case 1 -> operator.patch(nodeId);
            default -> operator.run(nodeId);
        }
    }

    /** Viewers turn to other terminals; also at rest, until the end. */
    private void look() {
        world.time.after(world.chance.between(200, 4_000), () -> {
            Viewer viewer = world.chance.of(viewers);
            if (world.chance.oneIn(3)) {
                viewer.detachOne();
            }
            List<Map.Entry<String, String>> tasks =
                    new ArrayList<>(operator.tasks().entrySet());
            if (!tasks.isEmpty()) {
                Map.Entry<String, String> one =
                        world.chance.of(tasks.subList(Math.max(0, tasks.size() - 4), tasks.size()));
                viewer.attach(one.getValue(), one.getKey());
            }
            look();
        });
    }

    private Viewer viewer(String name, List<String> groups, boolean admin) {
        Instant never = Instant.ofEpochMilli(VirtualTime.START_MILLIS).plus(Duration.ofDays(1));
        return new Viewer(world, new User(name, groups, admin, never), fanouts);
    }

    private Map<String, NodeView> nodesOf(Viewer viewer) {
        User user = viewer.user();
        return registry.nodesOf(Audiences.ofSession(user.name(), user.groups(), user.admin(), PARTITIONS));
    }

    private void advance(long untilMillis) {
        while (world.time.step(untilMillis)) {
            invariants.forEach(Invariant::afterStep);
        }
    }

    private boolean isAtRest() {
        return agents.stream().allMatch(AgentNode::isDelivered)
                && registry.isIdle()
                && openTasks().isEmpty();
    }

    /** Nodes that are not shown as what all of them are in the end. */
    private List<String> notOnline() {
        return registry.nodesOf(Audiences.ofSession("root", List.of(), true, PARTITIONS)).values().stream()
                .filter(view -> view.getState().getStatus() != NodeStatus.ONLINE)
                .map(view -> view.getNode().getName() + ": " + view.getState().getStatus())
                .toList();
    }

    /** Tasks that were asked for and have not ended, with their states. */
    private Map<String, TaskState> openTasks() {
        Map<String, TaskState> open = new LinkedHashMap<>();
        operator.tasks().forEach((taskId, nodeId) -> {
            TaskState state = registry.task(nodeId, taskId).getState();
            switch (state) {
                case SUCCEEDED, FAILED, CANCELLED, TIMED_OUT, EXPIRED, LOST -> {}
                case QUEUED, DISPATCHED, RUNNING, TASK_STATE_UNSPECIFIED, UNRECOGNIZED -> open.put(taskId, state);
            }
        });
        return open;
    }

    private String unrest() {
        return "agents that did not deliver: "
                + agents.stream().filter(agent -> !agent.isDelivered()).toList() + ", registry idle: "
                + registry.isIdle() + ", open tasks: " + openTasks() + ", not online: " + notOnline();
    }

    private void committed(Topic topic, int partition, MemoryLog.Entry entry) {
        invariants.forEach(each -> each.committed(topic, partition, entry));
    }

    private Optional<TerminalHistory> history(String nodeId, String terminalId) {
        try {
            return Optional.of(registry.terminalReads()
                    .readHistory(
                            ReadHistoryRequest.newBuilder()
                                    .setNodeId(nodeId)
                                    .setTerminalId(terminalId)
                                    .setLines(10_000)
                                    .build(),
                            ReadBudget.unlimited())
                    .getTerminals(0));
        } catch (MusterException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
