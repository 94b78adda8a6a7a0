package dev.muster.e2e.simulation;

import java.util.Properties;
import java.util.function.BiConsumer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Passes on what a processor forwards to a named sink, instead of keeping it. */
final class TaskContext<K, V> extends MockProcessorContext<K, V> {
    private final BiConsumer<Record<?, ?>, String> sinks;

    TaskContext(int partition, BiConsumer<Record<?, ?>, String> sinks) {
        super(properties(), new TaskId(0, partition), null);
        this.sinks = sinks;
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "simulation");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
        return properties;
    }

    @Override
    public <F extends K, G extends V> void forward(Record<F, G> record, String sink) {
        sinks.accept(record, sink);
    }

    @Override
    public <F extends K, G extends V> void forward(Record<F, G> record) {
        throw new IllegalStateException("a record for no named sink");
    }
}
