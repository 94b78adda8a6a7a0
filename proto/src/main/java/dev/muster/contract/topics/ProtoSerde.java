package dev.muster.contract.topics;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Protobuf values. For sources of a Kafka Streams topology use {@link Parsed#serde}, which never throws.
 */
public final class ProtoSerde<T extends Message> implements Serde<T> {
    private final Parser<T> parser;

    public ProtoSerde(Parser<T> parser) {
        this.parser = parser;
    }

    @Override
    public Serializer<T> serializer() {
        return new ProtoSerializer<>();
    }

    @Override
    public Deserializer<T> deserializer() {
        return new ProtoDeserializer<>(parser);
    }

    private static final class ProtoSerializer<T extends Message> implements Serializer<T> {
        @Override
        public byte @Nullable [] serialize(String topic, @Nullable T value) {
            return value == null ? null : value.toByteArray();
        }
    }

    private static final class ProtoDeserializer<T extends Message> implements Deserializer<T> {
        private final Parser<T> parser;

        ProtoDeserializer(Parser<T> parser) {
            this.parser = parser;
        }

        @Override
        public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
            if (bytes == null) {
                return null;
            }
            try {
                return parser.parseFrom(bytes);
            } catch (InvalidProtocolBufferException e) {
                throw new SerializationException("not a protobuf of " + topic, e);
            }
        }
    }
}
