package dev.muster.registry.terminal;

import com.google.protobuf.Message;
import dev.muster.proto.records.v1.TerminalLineRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sends what the terminal app makes to its topics. Confined to the thread of its task. */
final class Outbox {
    private final ProcessorContext<String, Message> context;
    private final TerminalMetrics metrics;

    Outbox(ProcessorContext<String, Message> context, TerminalMetrics metrics) {
        this.context = context;
        this.metrics = metrics;
    }

    void view(TerminalViewRecord record, long atMillis) {
        metrics.frame(record.hasSkipped());
        context.forward(new Record<>(record.getUser(), record, atMillis), TerminalTopology.VIEW_SINK);
    }

    void lines(TerminalLineRecord record, long atMillis) {
        metrics.lines(record.getTextCount());
        context.forward(new Record<>(record.getNodeId(), record, atMillis), TerminalTopology.LINES_SINK);
    }
}
