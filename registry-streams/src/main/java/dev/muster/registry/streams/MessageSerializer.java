package dev.muster.registry.streams;

import com.google.protobuf.Message;
import dev.muster.contract.topics.RecordHeaders;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Values of sinks, with the {@link RecordHeaders} that say how to read them. */
public final class MessageSerializer implements Serializer<Message> {
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable Message message) {
        return message == null ? null : message.toByteArray();
    }

    @Override
    public byte @Nullable [] serialize(String topic, Headers headers, @Nullable Message message) {
        if (message != null) {
            RecordHeaders.put(message, headers);
        }
        return serialize(topic, message);
    }
}
