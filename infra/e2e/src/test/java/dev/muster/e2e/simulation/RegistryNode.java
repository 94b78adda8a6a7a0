package dev.muster.e2e.simulation;

import com.google.protobuf.Message;
import dev.muster.contract.ids.Audiences;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.kit.settings.Env;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.Tick;
import dev.muster.proto.store.v1.StoredNode;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.control.ControlLimits;
import dev.muster.registry.control.ControlStores;
import dev.muster.registry.control.ControlTopology;
import dev.muster.registry.query.StoreReads;
import dev.muster.registry.terminal.TerminalQueries;
import dev.muster.registry.terminal.TerminalSettings;
import dev.muster.registry.terminal.TerminalTopology;
import dev.muster.registry.terminal.TopicId;
import dev.muster.registry.view.ViewRecords;
import dev.muster.registry.view.ViewStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/** The registry: the processors of both apps on their partitions, with transactions, ticks and reads of the stores. */
final class RegistryNode {
    private static final int RECORDS_MAX = 20;
    private static final long TRANSACTION_MILLIS_MAX = 3_000;
    private static final byte[] TICK = HeartbeatRecord.newBuilder()
            .setTick(Tick.newBuilder().setSource("registry").setKind(SourceKind.SOURCE_KIND_REGISTRY))
            .build()
            .toByteArray();

    private final World world;
    private final List<StreamsTask<?, ?>> control = new ArrayList<>();
    private final List<StreamsTask<?, ?>> views = new ArrayList<>();
    private final List<StreamsTask<?, ?>> terminals = new ArrayList<>();
    private @Nullable ProcessExecutor process;

    RegistryNode(World world, Map<String, String> settings) {
        this.world = world;
        Env env = new Env(settings);
        ControlLimits limits = ControlLimits.from(env);
        TerminalSettings terminal = TerminalSettings.from(env);
        env.throwIfMistaken();
        Partitions partitions = world.log.partitions();
        for (int p = 0; p < partitions.node(); p++) {
            control.add(new StreamsTask<>(
                    world,
                    "control",
                    p,
                    List.of(Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS),
                    () -> ControlTopology.processor(limits, partitions, () -> {}, () -> "error-id"),
                    ControlStores::builders));
            terminals.add(new StreamsTask<>(
                    world,
                    "terminal",
                    p,
                    List.of(Topic.STDOUT, Topic.WATCHES, Topic.NODES),
                    () -> terminalProcessor(terminal),
                    () -> List.of(Stores.keyValueStoreBuilder(
                            Stores.inMemoryKeyValueStore(TerminalTopology.STORE),
                            Serdes.Bytes(),
                            Serdes.ByteArray()))));
        }
        for (int p = 0; p < partitions.view(); p++) {
            views.add(new StreamsTask<>(
                    world,
                    "view",
                    p,
                    List.of(Topic.VIEWS),
                    () -> ControlTopology.viewProcessor((audience, nodeId, version) -> {}),
                    () -> List.<StoreBuilder<?>>of(ViewStore.builder(Map.of()))));
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // the three inputs have no closer type in common
    private Processor<String, Parsed<Message>, String, Message> terminalProcessor(TerminalSettings settings) {
        return (Processor) TerminalTopology.processor(
                MemoryLog.NAMES, settings, TopicId.of("topic-id"), this::endOfOutput, new SimpleMeterRegistry());
    }

    private CompletableFuture<Long> endOfOutput(int partition) {
        return world.log.isAvailable()
                ? CompletableFuture.completedFuture(world.log.end(Topic.STDOUT, partition))
                : CompletableFuture.failedFuture(new TimeoutException("the broker is away"));
    }

    boolean isAlive() {
        return process != null;
    }

    void start() {
        if (process != null) {
            return;
        }
        world.note("registry starts");
        ProcessExecutor life = new ProcessExecutor(world.time);
        process = life;
        for (StreamsTask<?, ?> task : tasks()) {
            task.start();
            run(task, life, world.time.millis());
        }
        tick(life);
    }

    void kill() {
        ProcessExecutor life = process;
        if (life != null) {
            world.note("registry is killed");
            life.kill();
            process = null;
            tasks().forEach(task -> task.crash(world.chance.between(0, 4_000)));
        }
    }

    /** One task loses its transaction and begins again from the last commit. */
    void abort() {
        if (process != null) {
            abort(world.chance.of(tasks()));
        }
    }

    private void abort(StreamsTask<?, ?> task) {
        world.note(task + " is aborted");
        task.crash(0);
        task.start();
    }

    private List<StreamsTask<?, ?>> tasks() {
        List<StreamsTask<?, ?>> all = new ArrayList<>(control);
        all.addAll(views);
        all.addAll(terminals);
        return all;
    }

    private void run(StreamsTask<?, ?> task, ProcessExecutor life, long committedMillis) {
        life.execute(() -> {
            long committed = committedMillis;
            task.punctuate();
            if (world.log.isAvailable()) {
                int records = world.chance.between(0, RECORDS_MAX);
                for (int i = 0; i < records && task.step(); i++) {
                    // until there is no more, or another task has its turn
                }
                if (!task.isDirty()) {
                    committed = world.time.millis();
                } else if (world.chance.oneIn(3)) {
                    task.commit();
                    committed = world.time.millis();
                }
            } else if (world.time.millis() - committed > TRANSACTION_MILLIS_MAX && task.isDirty()) {
                abort(task);
                committed = world.time.millis();
            }
            long since = committed;
            world.time.after(world.chance.between(5, 30), () -> {
                if (life.isAlive()) {
                    run(task, life, since);
                }
            });
        });
    }

    private void tick(ProcessExecutor life) {
        if (life.isAlive()) {
            for (int p = 0; p < world.log.partitions().node(); p++) {
                if (world.log.isAvailable() && !world.mishap(10)) {
                    world.log.append(Topic.HEARTBEATS, p, null, TICK, world.time.wallMillis());
                }
            }
            world.time.after(1_000, () -> tick(life));
        }
    }

    /** Whether everything that was written was taken in and committed. */
    boolean isIdle() {
        return process != null && tasks().stream().allMatch(StreamsTask::isIdle);
    }

    StoreReads reads() {
        return new StoreReads() {
            @Override
            public <V> ReadOnlyKeyValueStore<String, V> store(String name, int partition) {
                return open(name.equals(ViewStore.NAME) ? views : control, name, partition);
            }
        };
    }

    TerminalQueries terminalReads() {
        return new TerminalQueries(
                world.log.partitions(), partition -> open(terminals, TerminalTopology.STORE, partition));
    }

    /** A task as the registry knows it; the default one if it does not. */
    Task task(String nodeId, String taskId) {
        int partition = world.log.partitions().ofNode(nodeId);
        ReadOnlyKeyValueStore<String, Long> ids = open(control, ControlStores.TASK_IDS, partition);
        ReadOnlyKeyValueStore<String, Task> tasks = open(control, ControlStores.TASKS, partition);
        Long sequence = ids.get(ControlStores.taskIdKey(nodeId, taskId));
        Task task = sequence == null ? null : tasks.get(ControlStores.taskKey(nodeId, sequence));
        return task == null ? Task.getDefaultInstance() : task;
    }

    /** Nodes that somebody of these audiences sees, as the control app itself has them. */
    Map<String, NodeView> nodesOf(Collection<String> audiences) {
        Map<String, NodeView> seen = new TreeMap<>();
        for (int partition = 0; partition < control.size(); partition++) {
            ReadOnlyKeyValueStore<String, StoredNode> nodes = open(control, ControlStores.NODES, partition);
            ReadOnlyKeyValueStore<String, StoredState> states = open(control, ControlStores.STATES, partition);
            try (KeyValueIterator<String, StoredNode> all = nodes.all()) {
                all.forEachRemaining(entry -> {
                    NodeRecord record = entry.value.getRecord();
                    if (!Collections.disjoint(audiences, Audiences.ofNode(record, world.log.partitions()))) {
                        StoredState state = states.get(entry.key);
                        seen.put(entry.key, ViewRecords.view(record, state, state.getViewVersion()));
                    }
                });
            }
        }
        return seen;
    }

    private static <K, V> ReadOnlyKeyValueStore<K, V> open(List<StreamsTask<?, ?>> tasks, String name, int partition) {
        KeyValueStore<K, V> store = tasks.get(partition).store(name);
        if (store == null) {
            throw new InvalidStateStoreException("the registry is down");
        }
        return store;
    }

    /** Terminal history without its bound on lines. */
    static Map<String, String> settings() {
        return Map.of("MUSTER_REGISTRY_TASK_TTL_MS", "300000");
    }
}
