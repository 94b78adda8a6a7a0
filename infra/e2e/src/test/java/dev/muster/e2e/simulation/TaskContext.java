package dev.muster.e2e.simulation;

import java.util.function.BiConsumer;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Hands what a processor forwards to a named sink on, instead of keeping it. */
final class TaskContext<K, V> extends MockProcessorContext<K, V> {
    private final BiConsumer<Record<?, ?>, String> sinks;

    TaskContext(BiConsumer<Record<?, ?>, String> sinks) {
        this.sinks = sinks;
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
