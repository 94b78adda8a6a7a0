package dev.muster.registry.terminal;

import com.google.protobuf.Message;
import dev.muster.proto.records.v1.TerminalLineRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sends what the terminal app makes to its topics. Confined to the thread of its task. */
final class Outbox {
    private static final Header PROTOBUF = header("content-type", "application/x-protobuf");
    private static final Header VIEW =
            header("schema", TerminalViewRecord.getDescriptor().getFullName());
    private static final Header LINES =
            header("schema", TerminalLineRecord.getDescriptor().getFullName());

    private final ProcessorContext<String, Message> context;
    private final TerminalMetrics metrics;

    Outbox(ProcessorContext<String, Message> context, TerminalMetrics metrics) {
        this.context = context;
        this.metrics = metrics;
    }

    void view(TerminalViewRecord record, long atMillis) {
        metrics.frame(record.hasSkipped());
        send(record.getUser(), record, VIEW, atMillis, TerminalTopology.VIEW_SINK);
    }

    void lines(TerminalLineRecord record, long atMillis) {
        metrics.lines(record.getTextCount());
        send(record.getNodeId(), record, LINES, atMillis, TerminalTopology.LINES_SINK);
    }

    private void send(String key, Message value, Header schema, long atMillis, String sink) {
        Headers headers = new RecordHeaders().add(PROTOBUF).add(schema);
        context.forward(new Record<>(key, value, atMillis, headers), sink);
    }

    /** Made once: all records have the same ones. */
    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.US_ASCII));
    }
}
