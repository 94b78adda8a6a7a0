package dev.muster.kit.settings;

import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.TopicNames;
import java.util.List;
import java.util.Map;

/**
 * What every service needs to know about the Kafka cluster. Other client properties pass through as
 * {@code MUSTER_KAFKA_<PROPERTY>}.
 *
 * @param properties client properties, bootstrap.servers among them
 */
public record KafkaSettings(Map<String, String> properties, TopicNames names, Partitions partitions, int replication) {
    public static final Setting BOOTSTRAP_SERVERS = Setting.text(
            "MUSTER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:19092", "Brokers to begin with, host:port, comma-separated.");
    public static final Setting TOPIC_PREFIX =
            Setting.text("MUSTER_TOPIC_PREFIX", "muster.", "What the name of every topic begins with.");
    public static final Setting NODE_PARTITIONS = Setting.number(
            "MUSTER_TOPIC_NODE_PARTITIONS", 8, 1, 1_024, "Partitions of topics keyed by node. Fixed for life.");
    public static final Setting VIEW_PARTITIONS = Setting.number(
            "MUSTER_TOPIC_VIEW_PARTITIONS",
            8,
            1,
            1_024,
            "Partitions of topics keyed by audience or user. Fixed for life.");
    public static final Setting GATEWAY_PARTITIONS = Setting.number(
            "MUSTER_TOPIC_GATEWAY_PARTITIONS", 4, 1, 256, "Partitions of topics keyed by gateway. Fixed for life.");
    public static final Setting REPLICATION =
            Setting.number("MUSTER_TOPIC_REPLICATION", 1, 1, 7, "Replicas of each partition; use 3 on a cluster.");
    public static final List<Setting> SETTINGS =
            List.of(BOOTSTRAP_SERVERS, TOPIC_PREFIX, NODE_PARTITIONS, VIEW_PARTITIONS, GATEWAY_PARTITIONS, REPLICATION);

    public KafkaSettings {
        properties = Map.copyOf(properties);
    }

    public static KafkaSettings from(Env env) {
        Map<String, String> properties = env.kafkaProperties();
        properties.putIfAbsent("bootstrap.servers", env.text(BOOTSTRAP_SERVERS));
        return new KafkaSettings(
                properties,
                topics(env),
                new Partitions(
                        env.integer(NODE_PARTITIONS), env.integer(VIEW_PARTITIONS), env.integer(GATEWAY_PARTITIONS)),
                env.integer(REPLICATION));
    }

    private static TopicNames topics(Env env) {
        try {
            return new TopicNames(env.text(TOPIC_PREFIX));
        } catch (IllegalArgumentException e) {
            env.mistake(TOPIC_PREFIX, "expected up to 64 letters, digits and . _ -");
            return new TopicNames(TOPIC_PREFIX.defaultValue());
        }
    }
}
