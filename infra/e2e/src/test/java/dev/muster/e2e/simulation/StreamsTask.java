package dev.muster.e2e.simulation;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a Streams app under exactly-once: one of our processors, its stores, and transactions. A transaction
 * commits outputs, changes of stores and input positions together or not at all.
 */
final class StreamsTask<KO, VO> {
    private final World world;
    private final String name;
    private final int partition;
    private final List<Topic> inputs;
    private final Supplier<Processor<String, Parsed<Message>, KO, VO>> processors;
    private final Supplier<List<StoreBuilder<?>>> builders;
    private final Map<Topic, Deserializer<?>> deserializers = new EnumMap<>(Topic.class);

    // what a restart finds
    private final Map<String, Map<Object, Object>> changelog = new LinkedHashMap<>();
    private final Map<Topic, Long> committed = new EnumMap<>(Topic.class);

    // one life
    private final Map<String, KeyValueStore<?, ?>> stores = new LinkedHashMap<>();
    private final Map<Topic, Long> positions = new EnumMap<>(Topic.class);
    /** Up to where each topic is known to have records; nothing before the first fetch. */
    private final Map<Topic, Long> knownEnds = new EnumMap<>(Topic.class);

    private final List<Change> changes = new ArrayList<>();
    private MemoryLog.Transaction transaction = new MemoryLog.Transaction();
    private @Nullable Processor<String, Parsed<Message>, KO, VO> processor;
    private @Nullable TaskContext<KO, VO> context;
    private final Map<MockProcessorContext.CapturedPunctuator, Long> punctuated = new LinkedHashMap<>();
    private int processed;
    private long causeMillis;

    private record Change(
            String store, Object key, @Nullable Object value) {}

    StreamsTask(
            World world,
            String name,
            int partition,
            List<Topic> inputs,
            Supplier<Processor<String, Parsed<Message>, KO, VO>> processors,
            Supplier<List<StoreBuilder<?>>> builders) {
        this.world = world;
        this.name = name;
        this.partition = partition;
        this.inputs = inputs;
        this.processors = processors;
        this.builders = builders;
        for (Topic topic : inputs) {
            committed.put(topic, 0L);
            deserializers.put(topic, Parsed.serde(topic.parser()).deserializer());
        }
    }

    int partition() {
        return partition;
    }

    /** A store, as a query finds it: with what is not committed yet. */
    @SuppressWarnings("unchecked")
    <K, V> @Nullable KeyValueStore<K, V> store(String storeName) {
        return (KeyValueStore<K, V>) stores.get(storeName);
    }

    boolean isRunning() {
        return processor != null;
    }

    /** Begins from what was committed. */
    void start() {
        TaskContext<KO, VO> fresh = new TaskContext<>(partition, this::send);
        stores.clear();
        changes.clear();
        positions.clear();
        positions.putAll(committed);
        knownEnds.clear();
        transaction = new MemoryLog.Transaction();
        processed = 0;
        for (StoreBuilder<?> builder : builders.get()) {
            var inner = (KeyValueStore<?, ?>) builder.withLoggingDisabled().build();
            inner.init(fresh.getStateStoreContext(), inner);
            KeyValueStore<Object, Object> store = restored(cast(inner));
            stores.put(store.name(), store);
            fresh.addStateStore(store);
        }
        Processor<String, Parsed<Message>, KO, VO> next = processors.get();
        processor = next;
        context = fresh;
        next.init(fresh);
        punctuated.clear();
    }

    /** What the processor wants to do now and then by the clock, however much there is to read. */
    void punctuate() {
        @Nullable TaskContext<KO, VO> now = context;
        if (now == null) {
            throw new IllegalStateException(name + " does not run");
        }
        for (MockProcessorContext.CapturedPunctuator due : now.scheduledPunctuators()) {
            if (due.cancelled()) {
                continue;
            }
            long last = punctuated.computeIfAbsent(due, first -> world.time.millis());
            if (world.time.millis() - last >= due.getInterval().toMillis()) {
                punctuated.put(due, world.time.millis());
                causeMillis = world.time.millis();
                due.getPunctuator().punctuate(world.time.wallMillis());
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static KeyValueStore<Object, Object> cast(KeyValueStore<?, ?> store) {
        return (KeyValueStore<Object, Object>) store;
    }

    private KeyValueStore<Object, Object> restored(KeyValueStore<Object, Object> inner) {
        changelog.getOrDefault(inner.name(), Map.of()).forEach(inner::put);
        return new LoggedStore<>(inner, (key, value) -> changes.add(new Change(inner.name(), key, value)));
    }

    /**
     * Processes the next record, the one with the lowest timestamp; false when there is none. As Streams does by
     * default ({@code max.task.idle.ms=0}), a task waits for records that it knows to be on the broker, and so
     * processes them in the order of their timestamps. It does not wait for records that were written since it last
     * asked for a topic.
     */
    boolean step() {
        @Nullable Processor<String, Parsed<Message>, KO, VO> current = processor;
        @Nullable TaskContext<KO, VO> now = context;
        if (current == null || now == null) {
            throw new IllegalStateException(name + " does not run");
        }
        @Nullable Topic from = null;
        MemoryLog.@Nullable Entry first = null;
        for (Topic topic : inputs) {
            if (!world.mishap(8)) {
                knownEnds.put(topic, world.log.end(topic, partition));
            }
            @Nullable Long knownEnd = knownEnds.get(topic);
            if (knownEnd == null) {
                return false;
            }
            MemoryLog.@Nullable Entry head = world.log.next(topic, partition, positions.getOrDefault(topic, 0L));
            if (head != null && head.offset() < knownEnd && (first == null || head.timestamp() < first.timestamp())) {
                from = topic;
                first = head;
            }
        }
        if (from == null || first == null) {
            return false;
        }
        positions.put(from, first.offset() + 1);
        String topicName = MemoryLog.NAMES.of(from);
        now.setRecordMetadata(topicName, partition, first.offset());
        now.setCurrentSystemTimeMs(world.time.wallMillis());
        causeMillis = first.causeMillis();
        byte @Nullable [] key = first.key();
        current.process(new Record<>(
                key == null ? null : new String(key, StandardCharsets.UTF_8),
                parse(from, topicName, first.value()),
                first.timestamp()));
        processed++;
        return true;
    }

    @SuppressWarnings("unchecked")
    private @Nullable Parsed<Message> parse(Topic topic, String topicName, byte @Nullable [] value) {
        Deserializer<?> deserializer = deserializers.get(topic);
        return deserializer == null ? null : (Parsed<Message>) deserializer.deserialize(topicName, value);
    }

    private void send(Record<?, ?> record, String sink) {
        for (Topic topic : Topic.values()) {
            if (sink.equals("to-" + topic.baseName())) {
                String key = (String) record.key();
                @Nullable Message value = (Message) record.value();
                world.log.append(
                        transaction,
                        topic,
                        world.log.partitionOf(topic, key),
                        key.getBytes(StandardCharsets.UTF_8),
                        value == null ? null : value.toByteArray(),
                        record.timestamp(),
                        causeMillis);
                return;
            }
        }
        throw new IllegalStateException("no sink " + sink);
    }

    /** Whether there is something to commit. */
    boolean isDirty() {
        return processed > 0 || !changes.isEmpty();
    }

    void commit() {
        world.log.commit(transaction);
        transaction = new MemoryLog.Transaction();
        for (Change change : changes) {
            Map<Object, Object> of = changelog.computeIfAbsent(change.store(), s -> new LinkedHashMap<>());
            Object value = change.value();
            if (value == null) {
                of.remove(change.key());
            } else {
                of.put(change.key(), value);
            }
        }
        changes.clear();
        committed.putAll(positions);
        processed = 0;
    }

    /** The process is gone, or was fenced. The broker ends the transaction when it notices. */
    void crash(long noticedAfterMillis) {
        processor = null;
        context = null;
        stores.clear();
        MemoryLog.Transaction open = transaction;
        if (!open.isEmpty()) {
            world.note(name + "-" + partition + " dies within a transaction");
            world.time.after(noticedAfterMillis, () -> world.log.abort(open));
        }
        transaction = new MemoryLog.Transaction();
    }

    /** Whether all in its inputs was taken in and committed, heartbeats apart, which never end. */
    boolean isIdle() {
        return inputs.stream()
                .filter(topic -> topic != Topic.HEARTBEATS)
                .allMatch(topic -> world.log.next(topic, partition, committed.getOrDefault(topic, 0L)) == null);
    }

    @Override
    public String toString() {
        return name + "-" + partition;
    }
}
