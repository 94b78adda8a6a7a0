package dev.muster.cli.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.muster.cli.api.Json;
import dev.muster.contract.topics.Topic;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record as one line of JSON: its position, its time, its key, and its value with the field names of the .proto
 * files. Every field with a value or a default is included. A number is a JSON number, even where protobuf's JSON
 * mapping uses text for 64 bits. Bytes are base64; where they are text, a field with the same name and {@code Text} at
 * its end has the text as well.
 */
final class RecordJson {
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().includingDefaultValueFields().omittingInsignificantWhitespace();

    private static final char DELETE = 0x7f;
    /** Bell, backspace, tab, line feed, form feed, carriage return, escape. */
    private static final String OF_TERMINALS = "\u0007\b\t\n\f\r\u001b";

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
            line.set("value", readable(Json.parse(PRINTER.print(message)), message.getDescriptorForType()));
        } catch (InvalidProtocolBufferException e) {
            line.put("unreadable", Base64.getEncoder().encodeToString(bytes));
        }
    }

    /** The message with its 64-bit fields as numbers, and its bytes as text, too. */
    private static JsonNode readable(JsonNode json, Descriptor type) {
        if (json instanceof ObjectNode object) {
            for (FieldDescriptor field : type.getFields()) {
                String name = field.getJsonName();
                JsonNode value = object.get(name);
                if (value != null) {
                    object.set(name, field.isMapField() ? ofMap(value, field) : ofField(value, field));
                    if (field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING) {
                        text(value.asText()).ifPresent(text -> object.put(name + "Text", text));
                    }
                }
            }
        }
        return json;
    }

    /** What terminals and people read: UTF-8 without control characters other than those of terminals. */
    private static Optional<String> text(String base64) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Base64.getDecoder().decode(base64)))
                    .toString();
            boolean readable = text.chars().allMatch(c -> (c >= ' ' && c != DELETE) || OF_TERMINALS.indexOf(c) >= 0);
            return readable && !text.isEmpty() ? Optional.of(text) : Optional.empty();
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static JsonNode ofMap(JsonNode json, FieldDescriptor map) {
        FieldDescriptor value = map.getMessageType().findFieldByName("value");
        if (json instanceof ObjectNode object) {
            object.properties().forEach(entry -> entry.setValue(ofField(entry.getValue(), value)));
        }
        return json;
    }

    private static JsonNode ofField(JsonNode json, FieldDescriptor field) {
        if (json instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, ofField(array.get(i), field));
            }
            return array;
        }
        return switch (field.getJavaType()) {
            case LONG -> json.isTextual() ? BigIntegerNode.valueOf(new BigInteger(json.asText())) : json;
            case MESSAGE -> readable(json, field.getMessageType());
            case INT, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING, ENUM -> json;
        };
    }
}
