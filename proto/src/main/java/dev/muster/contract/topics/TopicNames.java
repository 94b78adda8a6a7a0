package dev.muster.contract.topics;

import java.util.Locale;

/** Names of topics and of Kafka Streams applications under one prefix. */
public record TopicNames(String prefix) {
    public TopicNames {
        if (!prefix.matches("[a-zA-Z0-9._-]{0,64}")) {
            throw new IllegalArgumentException("topic prefix '" + prefix + "': expected letters, digits and . _ -");
        }
    }

    public String of(Topic topic) {
        return prefix + topic.baseName();
    }

    /** {@code control} becomes {@code muster-control-v1}. */
    public String application(String name) {
        String head = prefix.replaceAll("[._-]+$", "").toLowerCase(Locale.ROOT);
        return (head.isEmpty() ? "muster" : head) + "-" + name + "-v1";
    }
}
