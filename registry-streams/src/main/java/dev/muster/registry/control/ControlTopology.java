package dev.muster.registry.control;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.KafkaSettings;
import dev.muster.registry.streams.FreshProcessor;
import dev.muster.registry.streams.MessageSerializer;
import dev.muster.registry.streams.OnePartition;
import dev.muster.registry.view.ViewFold;
import dev.muster.registry.view.ViewSignals;
import dev.muster.registry.view.ViewStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * The control app's graph.
 *
 * <pre>
 * commands, heartbeats, node-events -> control (seven stores) -> nodes, node-state, views, replies, dispatch, audit,
 *                                                                dlq, commands, status-changes
 * views -> view (one store) -> dlq
 * </pre>
 *
 * Names and order must never change: task ids, changelogs and state directories are made of them.
 */
public final class ControlTopology {
    static final String CONTROL = "control";
    private static final String VIEW = "view";
    private static final int REMOVALS_MAX = 10_000;

    private ControlTopology() {}

    /**
     * @param signals told of every view that is stored
     * @param onTick run for every record that moves the clock
     */
    public static Topology build(
            KafkaSettings kafka,
            ControlLimits limits,
            ViewSignals signals,
            Runnable onTick,
            Supplier<String> errorIds) {
        return build(kafka, limits, signals, onTick, errorIds, new SimpleMeterRegistry());
    }

    /** The same, counting what it does. */
    static Topology build(
            KafkaSettings kafka,
            ControlLimits limits,
            ViewSignals signals,
            Runnable onTick,
            Supplier<String> errorIds,
            MeterRegistry registry) {
        ControlMetrics metrics = new ControlMetrics(registry);
        TopicNames names = kafka.names();
        Partitions partitions = kafka.partitions();
        Topology topology = new Topology();
        source(topology, names, Topic.COMMANDS);
        source(topology, names, Topic.HEARTBEATS);
        source(topology, names, Topic.NODE_EVENTS);
        topology.addProcessor(
                CONTROL,
                () -> processor(limits, partitions, onTick, errorIds, metrics),
                sourceOf(Topic.COMMANDS),
                sourceOf(Topic.HEARTBEATS),
                sourceOf(Topic.NODE_EVENTS));
        ControlStores.builders().forEach(store -> topology.addStateStore(store, CONTROL));
        sink(topology, names, Topic.NODES, partitions::ofNode);
        sink(topology, names, Topic.NODE_STATE, partitions::ofNode);
        sink(topology, names, Topic.VIEWS, partitions::ofView);
        sink(topology, names, Topic.REPLIES, partitions::ofGateway);
        sink(topology, names, Topic.DISPATCH, partitions::ofGateway);
        sink(topology, names, Topic.AUDIT, partitions::ofNode);
        sink(topology, names, Topic.DLQ, partitions::ofNode);
        // from task groups to nodes and back
        sink(topology, names, Topic.COMMANDS, partitions::ofNode);
        sink(topology, names, Topic.STATUS_CHANGES, partitions::ofNode);

        source(topology, names, Topic.VIEWS);
        topology.addProcessor(VIEW, () -> viewProcessor(signals), sourceOf(Topic.VIEWS));
        topology.addStateStore(ViewStore.builder(ControlStores.CHANGELOG), VIEW);
        return topology;
    }

    /** What {@link #build} wires to commands, heartbeats and node events, with the stores of {@link ControlStores}. */
    public static Processor<String, Parsed<Message>, String, @Nullable Message> processor(
            ControlLimits limits, Partitions partitions, Runnable onTick, Supplier<String> errorIds) {
        return processor(limits, partitions, onTick, errorIds, new ControlMetrics(new SimpleMeterRegistry()));
    }

    private static Processor<String, Parsed<Message>, String, @Nullable Message> processor(
            ControlLimits limits,
            Partitions partitions,
            Runnable onTick,
            Supplier<String> errorIds,
            ControlMetrics metrics) {
        return new FreshProcessor<>((ProcessorContext<String, @Nullable Message> context) ->
                new ControlPartition(context, limits, partitions, onTick, errorIds, metrics));
    }

    /** What {@link #build} wires to views, with the view store. */
    public static Processor<String, Parsed<Message>, Void, Void> viewProcessor(ViewSignals signals) {
        return new FreshProcessor<>(
                (ProcessorContext<Void, Void> context) -> new ViewFold(context, signals, REMOVALS_MAX));
    }

    /** Name of the sink that writes to a topic. */
    public static String sinkOf(Topic topic) {
        return "to-" + topic.baseName();
    }

    private static String sourceOf(Topic topic) {
        return "from-" + topic.baseName();
    }

    private static void source(Topology topology, TopicNames names, Topic topic) {
        topology.addSource(
                sourceOf(topic),
                new StringDeserializer(),
                Parsed.serde(topic.parser()).deserializer(),
                names.of(topic));
    }

    private static void sink(Topology topology, TopicNames names, Topic topic, ToIntFunction<String> partition) {
        topology.addSink(
                sinkOf(topic),
                names.of(topic),
                new StringSerializer(),
                new MessageSerializer(),
                new OnePartition<>(partition),
                CONTROL);
    }
}
