package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Topics of a lane: what they are called, and which headers their records carry. */
public final class Destinations {
    private static final byte[] PROTOBUF = "application/x-protobuf".getBytes(StandardCharsets.US_ASCII);

    private final TopicNames names;
    private final List<Topic> topics;
    private final Map<Topic, List<Header>> headers = new EnumMap<>(Topic.class);

    public Destinations(TopicNames names, List<Topic> topics) {
        this.names = names;
        this.topics = List.copyOf(topics);
        for (Topic topic : topics) {
            String schema = topic.prototype().getDescriptorForType().getFullName();
            headers.put(
                    topic,
                    List.of(
                            new RecordHeader("content-type", PROTOBUF),
                            new RecordHeader("schema", schema.getBytes(StandardCharsets.US_ASCII))));
        }
    }

    String nameOf(Topic topic) {
        return names.of(topic);
    }

    List<Header> headersOf(Topic topic) {
        return headers.getOrDefault(topic, List.of());
    }

    List<String> topicNames() {
        return topics.stream().map(names::of).toList();
    }
}
