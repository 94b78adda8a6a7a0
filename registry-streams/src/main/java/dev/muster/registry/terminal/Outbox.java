package dev.muster.registry.terminal;

import com.google.protobuf.Message;
import dev.muster.proto.records.v1.TerminalLineRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
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
        send(record.getUser(), record, atMillis, TerminalTopology.VIEW_SINK);
    }

    void line(TerminalLineRecord record, long atMillis) {
        metrics.line();
        send(record.getNodeId(), record, atMillis, TerminalTopology.LINES_SINK);
    }

    private void send(String key, Message value, long atMillis, String sink) {
        Headers headers = new RecordHeaders()
                .add("content-type", "application/x-protobuf".getBytes(StandardCharsets.US_ASCII))
                .add("schema", value.getDescriptorForType().getFullName().getBytes(StandardCharsets.US_ASCII));
        context.forward(new Record<>(key, value, atMillis, headers), sink);
    }
}
