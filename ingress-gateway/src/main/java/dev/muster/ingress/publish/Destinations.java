package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import java.util.List;

/** Topics of a lane, and what they are called. */
public final class Destinations {
    private final TopicNames names;
    private final List<Topic> topics;

    public Destinations(TopicNames names, List<Topic> topics) {
        this.names = names;
        this.topics = List.copyOf(topics);
    }

    String nameOf(Topic topic) {
        return names.of(topic);
    }

    List<String> topicNames() {
        return topics.stream().map(names::of).toList();
    }
}
