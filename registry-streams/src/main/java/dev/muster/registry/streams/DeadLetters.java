package dev.muster.registry.streams;

import com.google.protobuf.ByteString;
import dev.muster.proto.records.v1.DeadLetter;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Builds records of the dead-letter topic: the unreadable value, its position, and the reason. */
public final class DeadLetters {
    /** Bytes kept of a value that could not be read, so that the letter itself always fits. */
    static final int VALUE_BYTES_MAX = 512 << 10;

    private DeadLetters() {}

    /** Key of the topic: `muster.commands-3`. */
    public static String key(String topic, int partition) {
        return topic + "-" + partition;
    }

    public static DeadLetter of(
            RecordMetadata source, String reason, String errorId, @Nullable String key, ByteString value) {
        return of(
                source.topic(),
                source.partition(),
                source.offset(),
                reason,
                errorId,
                key == null ? ByteString.EMPTY : ByteString.copyFromUtf8(key),
                value);
    }

    static DeadLetter of(
            String topic, int partition, long offset, String reason, String errorId, ByteString key, ByteString value) {
        return DeadLetter.newBuilder()
                .setTopic(topic)
                .setPartition(partition)
                .setOffset(offset)
                .setReason(reason)
                .setErrorId(errorId)
                .setKey(key)
                .setValue(value.substring(0, Math.min(value.size(), VALUE_BYTES_MAX)))
                .build();
    }
}
