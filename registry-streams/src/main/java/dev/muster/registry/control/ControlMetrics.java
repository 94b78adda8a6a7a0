package dev.muster.registry.control;

import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.liveness.Liveness;
import dev.muster.registry.liveness.Silence;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.session.SessionTransitions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * The metrics of the control app. Counters count processed records: a record that is processed again after an aborted
 * transaction counts again. Gauges are sums over the partitions that are active here. No meter has a node, a user or a
 * group in its tags. Thread-safe.
 */
final class ControlMetrics {
    private final MeterRegistry registry;
    private final Map<Liveness.Heard, Counter> heartbeats = new EnumMap<>(Liveness.Heard.class);
    private final Map<NodeStatus, Counter> statuses = new EnumMap<>(NodeStatus.class);
    private final Map<TaskState, Counter> tasks = new EnumMap<>(TaskState.class);
    private final Map<Silence.Cause, Counter> silences = new EnumMap<>(Silence.Cause.class);
    private final Map<SessionTransitions.Verdict, Counter> sessions = new EnumMap<>(SessionTransitions.Verdict.class);
    private final Counter stateWrites;
    private final Counter viewRecords;
    private final Counter superseded;
    private final Counter clones;
    private final Counter mass;
    private final Map<String, PartitionCounts> partitions = new ConcurrentHashMap<>();

    ControlMetrics(MeterRegistry registry) {
        this.registry = registry;
        fill(heartbeats, Liveness.Heard.values(), heard -> counter("muster.control.heartbeats", "outcome", heard));
        fill(statuses, NodeStatus.values(), status -> counter("muster.control.status.changes", "to", status));
        fill(tasks, TaskState.values(), state -> counter("muster.control.tasks", "state", state));
        fill(silences, Silence.Cause.values(), cause -> counter("muster.control.silences", "cause", cause));
        fill(
                sessions,
                SessionTransitions.Verdict.values(),
                verdict -> counter("muster.control.sessions", "outcome", verdict));
        stateWrites = registry.counter("muster.control.state.writes");
        viewRecords = registry.counter("muster.control.view.records");
        superseded = registry.counter("muster.control.sessions.fenced");
        clones = registry.counter("muster.control.clones.suspected");
        mass = registry.counter("muster.control.mass.silences");
        for (NodeStatus status : NodeStatus.values()) {
            if (status != NodeStatus.UNRECOGNIZED && status != NodeStatus.NODE_STATUS_UNSPECIFIED) {
                gauge("muster.control.nodes", "status", name(status), counts -> counts.nodes(status));
            }
        }
        gauge("muster.control.tasks.open", "kind", "task", PartitionCounts::openTasks);
        gauge("muster.control.tasks.open", "kind", "group", PartitionCounts::openGroups);
        gauge("muster.control.silences.waiting", "kind", "node", PartitionCounts::waiting);
    }

    /** From now on the partition counts here. */
    void opened(String partition, PartitionCounts counts) {
        partitions.put(partition, counts);
    }

    /** The partition is no longer active here, unless it was opened again meanwhile. */
    void closed(String partition, PartitionCounts counts) {
        partitions.remove(partition, counts);
    }

    void heartbeat(Liveness.Heard heard) {
        add(heartbeats, heard);
    }

    void silence(Silence.Cause cause) {
        add(silences, cause);
    }

    void massSilence() {
        mass.increment();
    }

    void session(SessionTransitions.Verdict verdict) {
        add(sessions, verdict);
    }

    void command(String action, String result) {
        registry.counter("muster.control.commands", "action", action, "result", result)
                .increment();
    }

    void deadLetter(String topic, String reason) {
        registry.counter("muster.control.dead.letters", "topic", topic, "reason", reason)
                .increment();
    }

    /** What a decision came to, before it is written. */
    void decided(NodeDraft draft, int views) {
        viewRecords.increment(views);
        if (!draft.stored().equals(draft.stateBefore())) {
            stateWrites.increment();
        }
        NodeStatus now = draft.state().getStatus();
        if (now != draft.stateBefore().getState().getStatus()) {
            add(statuses, now);
        }
        for (Task task : draft.changedTasks()) {
            if (draft.taskBefore(task.getSequence()).map(Task::getState).orElse(null) != task.getState()) {
                add(tasks, task.getState());
            }
        }
        draft.dispatches().stream()
                .filter(dispatch -> dispatch.getCloseSession().getCode().equals("session-superseded"))
                .forEach(dispatch -> superseded.increment());
        if (draft.state().getCloneSuspected() && !draft.stateBefore().getState().getCloneSuspected()) {
            clones.increment();
        }
    }

    private void gauge(String name, String tag, String value, ToLongFunction<PartitionCounts> read) {
        Gauge.builder(
                        name,
                        partitions,
                        all -> all.values().stream().mapToLong(read).sum())
                .tag(tag, value)
                .register(registry);
    }

    private Counter counter(String name, String tag, Enum<?> value) {
        return registry.counter(name, tag, name(value));
    }

    private static <K extends Enum<K>> void fill(Map<K, Counter> counters, K[] keys, Function<K, Counter> counter) {
        for (K key : keys) {
            if (!key.name().equals("UNRECOGNIZED") && !key.name().endsWith("_UNSPECIFIED")) {
                counters.put(key, counter.apply(key));
            }
        }
    }

    private static <K extends Enum<K>> void add(Map<K, Counter> counters, K key) {
        Counter counter = counters.get(key);
        if (counter != null) {
            counter.increment();
        }
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
