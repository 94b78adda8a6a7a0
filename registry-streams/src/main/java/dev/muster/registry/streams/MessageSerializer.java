package dev.muster.registry.streams;

import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Values of sinks, with headers that say how to read them: `content-type`, and `schema` with the message's full name.
 */
public final class MessageSerializer implements Serializer<Message> {
    private static final byte[] CONTENT_TYPE = "application/x-protobuf".getBytes(StandardCharsets.US_ASCII);

    @Override
    public byte @Nullable [] serialize(String topic, @Nullable Message message) {
        return message == null ? null : message.toByteArray();
    }

    @Override
    public byte @Nullable [] serialize(String topic, Headers headers, @Nullable Message message) {
        if (message != null) {
            headers.remove("content-type").add("content-type", CONTENT_TYPE);
            headers.remove("schema")
                    .add("schema", message.getDescriptorForType().getFullName().getBytes(StandardCharsets.US_ASCII));
        }
        return serialize(topic, message);
    }
}
