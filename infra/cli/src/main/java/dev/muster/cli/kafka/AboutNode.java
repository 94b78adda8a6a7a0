package dev.muster.cli.kafka;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Chooses the records about one node: its id is the key, or a field of the value names it. */
final class AboutNode implements Predicate<ConsumerRecord<byte[], byte[]>> {
    /** The key of a dead letter is that of the record which could not be used. */
    private static final Set<String> NAMING = Set.of("node_id", "node_ids", "key");

    private final Topic topic;
    private final String nodeId;
    private final ByteString nodeIdBytes;

    AboutNode(Topic topic, String nodeId) {
        this.topic = topic;
        this.nodeId = nodeId;
        this.nodeIdBytes = ByteString.copyFromUtf8(nodeId);
    }

    @Override
    public boolean test(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() != null && nodeId.equals(new String(record.key(), StandardCharsets.UTF_8))) {
            return true;
        }
        try {
            return record.value() != null && names(topic.parser().parseFrom(record.value()));
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    private boolean names(Message message) {
        return message.getAllFields().entrySet().stream().anyMatch(field -> names(field.getKey(), field.getValue()));
    }

    private boolean names(FieldDescriptor field, Object value) {
        Collection<?> values = value instanceof Collection<?> many ? many : List.of(value);
        return values.stream()
                .anyMatch(one -> one instanceof Message message
                        ? names(message)
                        : NAMING.contains(field.getName()) && (one.equals(nodeId) || one.equals(nodeIdBytes)));
    }
}
