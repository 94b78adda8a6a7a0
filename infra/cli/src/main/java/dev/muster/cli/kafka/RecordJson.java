package dev.muster.cli.kafka;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.muster.cli.api.Json;
import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record as one line of JSON: where it was, when, its key, and its value with the field names of the .proto files. */
final class RecordJson {
    private static final JsonFormat.Printer PRINTER = JsonFormat.printer().omittingInsignificantWhitespace();

    private RecordJson() {}

    static String line(Topic topic, ConsumerRecord<byte[], byte[]> record) {
        ObjectNode line = Json.object()
                .put("topic", record.topic())
                .put("partition", record.partition())
                .put("offset", record.offset())
                .put("time", Instant.ofEpochMilli(record.timestamp()).toString());
        if (record.key() == null) {
            line.putNull("key");
        } else {
            line.put("key", new String(record.key(), StandardCharsets.UTF_8));
        }
        if (record.value() == null) {
            line.putNull("value");
        } else {
            value(topic, record.value(), line);
        }
        return Json.line(line);
    }

    private static void value(Topic topic, byte[] bytes, ObjectNode line) {
        try {
            Message message = topic.parser().parseFrom(bytes);
            line.set("value", Json.parse(PRINTER.print(message)));
        } catch (InvalidProtocolBufferException e) {
            line.put("unreadable", Base64.getEncoder().encodeToString(bytes));
        }
    }
}
