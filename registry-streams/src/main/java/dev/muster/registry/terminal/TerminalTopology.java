package dev.muster.registry.terminal;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.WatchRecord;
import dev.muster.registry.streams.MessageSerializer;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * One sub-topology: output, watches and nodes, all keyed by node, into one processor with one store.
 *
 * <pre>
 * stdout  \                                          / view-terminals
 * watches  -> terminals (store: terminals)          -  terminal-lines
 * nodes   /                                          \ dlq
 * </pre>
 *
 * Names are part of the state's identity: a changed one loses the state.
 */
public final class TerminalTopology {
    public static final String STORE = "terminals";
    static final String PROCESSOR = "terminals";
    static final String VIEW_SINK = "to-view-terminals";
    static final String LINES_SINK = "to-terminal-lines";
    static final String DLQ_SINK = "to-dlq";

    private TerminalTopology() {}

    static Topology build(
            TopicNames names, TerminalSettings settings, TopicId stdout, LogEnds ends, TerminalMetrics metrics) {
        ProcessorSupplier<String, Parsed<? extends Message>, String, Message> supplier =
                () -> processor(names, settings, stdout, ends, metrics);
        return build(names, supplier);
    }

    static Topology build(
            TopicNames names, ProcessorSupplier<String, Parsed<? extends Message>, String, Message> supplier) {
        return new Topology()
                .addSource(
                        "stdout",
                        new StringDeserializer(),
                        Parsed.serde(OutputRecord.parser()).deserializer(),
                        names.of(Topic.STDOUT))
                .addSource(
                        "watches",
                        new StringDeserializer(),
                        Parsed.serde(WatchRecord.parser()).deserializer(),
                        names.of(Topic.WATCHES))
                .addSource(
                        "nodes",
                        new StringDeserializer(),
                        Parsed.serde(NodeRecord.parser()).deserializer(),
                        names.of(Topic.NODES))
                .addProcessor(PROCESSOR, supplier, "stdout", "watches", "nodes")
                .addStateStore(store(), PROCESSOR)
                .addSink(
                        VIEW_SINK,
                        names.of(Topic.VIEW_TERMINALS),
                        new StringSerializer(),
                        new MessageSerializer(),
                        PROCESSOR)
                .addSink(
                        LINES_SINK,
                        names.of(Topic.TERMINAL_LINES),
                        new StringSerializer(),
                        new MessageSerializer(),
                        PROCESSOR)
                .addSink(DLQ_SINK, names.of(Topic.DLQ), new StringSerializer(), new MessageSerializer(), PROCESSOR);
    }

    /**
     * The processor behind the graph's three inputs, with the store {@link #STORE} of bytes. Its sinks are named
     * {@code to-} and the topic.
     */
    public static Processor<String, Parsed<? extends Message>, String, Message> processor(
            TopicNames names, TerminalSettings settings, TopicId stdout, LogEnds ends, MeterRegistry meters) {
        return processor(names, settings, stdout, ends, new TerminalMetrics(meters));
    }

    private static Processor<String, Parsed<? extends Message>, String, Message> processor(
            TopicNames names, TerminalSettings settings, TopicId stdout, LogEnds ends, TerminalMetrics metrics) {
        return new TerminalProcessor(names, settings, stdout, ends, metrics);
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(Map.of(
                        "cleanup.policy", "compact",
                        "min.cleanable.dirty.ratio", "0.3",
                        "delete.retention.ms", "86400000",
                        "max.compaction.lag.ms", "21600000",
                        "segment.bytes", Integer.toString(64 << 20)));
    }
}
