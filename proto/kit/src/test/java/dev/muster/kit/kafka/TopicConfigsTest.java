package dev.muster.kit.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.Topic;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TopicConfigsTest {
    /** A broker's answer about a topic that was made by hand. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "cleanup.policy", "delete",
            "message.timestamp.type", "CreateTime",
            "max.message.bytes", "1048588",
            "retention.ms", "604800000",
            "retention.bytes", "-1");

    @ParameterizedTest
    @EnumSource(Topic.class)
    void a_topic_as_it_is_created_here_differs_in_nothing(Topic topic) {
        Map<String, String> has = new HashMap<>(DEFAULTS);
        has.putAll(topic.configs());
        assertThat(TopicConfigs.differences("t", topic, has)).isEmpty();
    }

    @Test
    void a_topic_of_output_made_by_hand_has_another_clock_and_smaller_records() {
        assertThat(TopicConfigs.differences("muster.stdout", Topic.STDOUT, DEFAULTS))
                .containsExactly(
                        "muster.stdout has message.timestamp.type=CreateTime instead of LogAppendTime",
                        "muster.stdout has max.message.bytes=1048588, less than 2097152");
    }

    @Test
    void node_records_that_are_deleted_by_age_are_told() {
        assertThat(TopicConfigs.differences("muster.nodes", Topic.NODES, DEFAULTS))
                .containsExactly("muster.nodes has cleanup.policy=delete instead of compact");
    }

    @Test
    void shorter_retention_is_told_and_longer_or_endless_retention_is_not() {
        Map<String, String> has = new HashMap<>(DEFAULTS);
        has.putAll(Topic.AUDIT.configs());
        has.put("retention.ms", "60000");
        assertThat(TopicConfigs.differences("muster.audit", Topic.AUDIT, has))
                .containsExactly("muster.audit has retention.ms=60000, less than 7776000000");
        has.put("retention.ms", "-1");
        assertThat(TopicConfigs.differences("muster.audit", Topic.AUDIT, has)).isEmpty();
        has.put("retention.ms", "9999999999");
        assertThat(TopicConfigs.differences("muster.audit", Topic.AUDIT, has)).isEmpty();
    }
}
