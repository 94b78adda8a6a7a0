package dev.muster.contract.topics;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * A record's parsed value: either the message, or the unparsable bytes and the reason. A processor sends the latter to
 * the dead-letter topic, and its stream thread lives on.
 *
 * @param message null when the bytes could not be parsed
 * @param raw the original bytes
 * @param problem null when the bytes could be parsed
 */
public record Parsed<T extends Message>(
        @Nullable T message, ByteString raw, @Nullable String problem) {
    /** Never throws. A null value stays null. */
    public static <T extends Message> Serde<Parsed<T>> serde(Parser<T> parser) {
        return Serdes.serdeFrom(new Raw<>(), new Tolerant<>(parser));
    }

    private static final class Raw<T extends Message> implements Serializer<Parsed<T>> {
        @Override
        public byte @Nullable [] serialize(String topic, @Nullable Parsed<T> value) {
            return value == null ? null : value.raw().toByteArray();
        }
    }

    private static final class Tolerant<T extends Message> implements Deserializer<Parsed<T>> {
        private final Parser<T> parser;

        Tolerant(Parser<T> parser) {
            this.parser = parser;
        }

        @Override
        public @Nullable Parsed<T> deserialize(String topic, byte @Nullable [] bytes) {
            if (bytes == null) {
                return null;
            }
            try {
                return new Parsed<>(parser.parseFrom(bytes), UnsafeByteOperations.unsafeWrap(bytes), null);
            } catch (InvalidProtocolBufferException e) {
                return new Parsed<>(null, UnsafeByteOperations.unsafeWrap(bytes), "not-a-protobuf");
            }
        }
    }
}
