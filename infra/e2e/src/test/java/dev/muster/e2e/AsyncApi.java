package dev.muster.e2e;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicFacts;
import dev.muster.contract.topics.TopicNames;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The topics as an AsyncAPI 3 document, from the table of topics and the descriptors of their values. A value is
 * described as its protobuf JSON, which {@code topics cat} prints with numbers for 64 bits.
 */
final class AsyncApi {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final TopicNames NAMES = new TopicNames("muster.");
    private static final String PROTOBUF = "application/x-protobuf";
    /** Configs that the Kafka bindings of AsyncAPI know. */
    private static final List<String> CONFIGS =
            List.of("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes");

    private static final int FIELD_OF_MESSAGE = 2;
    private static final int MESSAGE_OF_FILE = 4;

    private final Map<String, String> comments = new HashMap<>();
    private final ObjectNode document = JSON.createObjectNode();
    private final ObjectNode schemas = JSON.createObjectNode();

    private AsyncApi() {}

    static String render() throws IOException {
        AsyncApi made = new AsyncApi();
        made.readComments();
        made.fill();
        return JSON.writeValueAsString(made.document) + "\n";
    }

    private void fill() {
        document.put("asyncapi", "3.0.0");
        document.putObject("info")
                .put("title", "Muster's topics")
                .put("version", "1")
                .put(
                        "description",
                        "Made from Topic.java, TopicFacts.java and the .proto files. Values are protobuf, whose messages"
                                + " a gateway serves as a descriptor set at /schemas/muster.desc; the schemas here are"
                                + " their protobuf JSON. Channels with x-stable true are for others; the rest may"
                                + " change with any release.");
        document.put("defaultContentType", PROTOBUF);
        ObjectNode server = document.putObject("servers").putObject("kafka");
        server.put("host", "127.0.0.1:19092").put("protocol", "kafka");
        server.put("description", "The broker of infra/muster up.");
        ObjectNode channels = document.putObject("channels");
        ObjectNode operations = document.putObject("operations");
        ObjectNode components = document.putObject("components");
        ObjectNode messages = components.putObject("messages");
        for (Topic topic : Topic.values()) {
            channel(topic, channels.putObject(topic.baseName()));
            operation(topic, operations.putObject("write-" + topic.baseName()));
            message(topic, messages.putObject(messageName(topic)));
        }
        components.set("schemas", schemas);
    }

    private static String messageName(Topic topic) {
        return topic.prototype().getDescriptorForType().getName();
    }

    private static void channel(Topic topic, ObjectNode channel) {
        TopicFacts facts = TopicFacts.of(topic);
        channel.put("address", NAMES.of(topic));
        channel.put("description", facts.what() + " " + facts.order());
        reference(
                channel.putObject("messages").putObject(messageName(topic)), "components/messages", messageName(topic));
        ObjectNode kafka = channel.putObject("bindings").putObject("kafka");
        kafka.put("topic", NAMES.of(topic));
        ObjectNode configs = kafka.putObject("topicConfiguration");
        configs.putArray("cleanup.policy").add(topic.configs().get("cleanup.policy"));
        for (String config : CONFIGS) {
            String value = topic.configs().get(config);
            if (value != null) {
                configs.put(config, Long.parseLong(value));
            }
        }
        kafka.put("bindingVersion", "0.5.0");
        channel.put("x-stable", facts.stable());
        channel.put("x-committed", facts.writers().stream().allMatch(TopicFacts.Writer::isTransactional));
        channel.put("x-partitions", "MUSTER_TOPIC_" + topic.spread() + "_PARTITIONS");
    }

    private static void operation(Topic topic, ObjectNode operation) {
        operation.put("action", "send");
        reference(operation.putObject("channel"), "channels", topic.baseName());
        operation.put(
                "summary",
                "Written by: "
                        + TopicFacts.of(topic).writers().stream()
                                .map(Object::toString)
                                .collect(Collectors.joining("; ")));
    }

    private void message(Topic topic, ObjectNode message) {
        Descriptor type = topic.prototype().getDescriptorForType();
        message.put("name", type.getFullName());
        message.put("contentType", PROTOBUF);
        ObjectNode headers = message.putObject("headers");
        headers.put("type", "object");
        ObjectNode properties = headers.putObject("properties");
        properties.putObject(RecordHeaders.CONTENT_TYPE).put("const", PROTOBUF);
        properties.putObject(RecordHeaders.SCHEMA).put("const", type.getFullName());
        properties
                .putObject(RecordHeaders.TRACEPARENT)
                .put("type", "string")
                .put("description", "W3C Trace Context, of a user's command and what follows from it.");
        headers.putArray("required").add(RecordHeaders.CONTENT_TYPE).add(RecordHeaders.SCHEMA);
        schema(type);
        reference(message.putObject("payload"), "components/schemas", type.getFullName());
        ObjectNode kafka = message.putObject("bindings").putObject("kafka");
        kafka.putObject("key")
                .put("type", "string")
                .put("description", TopicFacts.of(topic).key());
        kafka.put("bindingVersion", "0.5.0");
    }

    private void schema(Descriptor type) {
        if (schemas.has(type.getFullName())) {
            return;
        }
        ObjectNode schema = schemas.putObject(type.getFullName());
        schema.put("type", "object");
        comment(schema, type.getFullName());
        ObjectNode properties = schema.putObject("properties");
        for (FieldDescriptor field : type.getFields()) {
            ObjectNode property = properties.putObject(field.getJsonName());
            if (field.isMapField()) {
                property.put("type", "object");
                value(field.getMessageType().findFieldByName("value"), property.putObject("additionalProperties"));
            } else if (field.isRepeated()) {
                property.put("type", "array");
                value(field, property.putObject("items"));
            } else {
                value(field, property);
            }
            if (!property.has("$ref")) {
                comment(property, field.getFullName());
            }
        }
    }

    private void value(FieldDescriptor field, ObjectNode schema) {
        switch (field.getJavaType()) {
            case MESSAGE -> {
                schema(field.getMessageType());
                reference(schema, "components/schemas", field.getMessageType().getFullName());
            }
            case ENUM -> {
                schema.put("type", "string");
                var names = schema.putArray("enum");
                field.getEnumType().getValues().stream()
                        .map(EnumValueDescriptor::getName)
                        .forEach(names::add);
            }
            case INT, LONG -> schema.put("type", "integer");
            case FLOAT, DOUBLE -> schema.put("type", "number");
            case BOOLEAN -> schema.put("type", "boolean");
            case STRING -> schema.put("type", "string");
            case BYTE_STRING -> schema.put("type", "string").put("format", "byte");
        }
    }

    private void comment(ObjectNode schema, String name) {
        String comment = comments.getOrDefault(name, "");
        if (!comment.isEmpty()) {
            schema.put("description", comment);
        }
    }

    private static void reference(ObjectNode from, String place, String name) {
        from.put("$ref", "#/" + place + "/" + name);
    }

    private void readComments() throws IOException {
        try (InputStream in = Objects.requireNonNull(AsyncApi.class.getResourceAsStream("/schemas/muster.desc"))) {
            for (FileDescriptorProto file : FileDescriptorSet.parseFrom(in).getFileList()) {
                for (Location location : file.getSourceCodeInfo().getLocationList()) {
                    String words = location.getLeadingComments().strip().replaceAll("\\s+", " ");
                    List<Integer> path = location.getPathList();
                    if (!words.isEmpty() && path.size() >= 2 && path.get(0) == MESSAGE_OF_FILE) {
                        var message = file.getMessageType(path.get(1));
                        String name = file.getPackage() + "." + message.getName();
                        if (path.size() == 2) {
                            comments.put(name, words);
                        } else if (path.size() == 4 && path.get(2) == FIELD_OF_MESSAGE) {
                            comments.put(
                                    name + "." + message.getField(path.get(3)).getName(), words);
                        }
                    }
                }
            }
        }
    }
}
