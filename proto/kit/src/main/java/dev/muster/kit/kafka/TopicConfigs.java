package dev.muster.kit.kafka;

import dev.muster.contract.topics.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares the configs of a topic with those that Muster creates it with. It reports only differences that cost data or
 * order: a topic that was made by hand has the broker's defaults. Longer retention and larger records are the
 * operator's choice. Pure.
 */
public final class TopicConfigs {
    private static final String CLEANUP = "cleanup.policy";
    private static final String TIMESTAMPS = "message.timestamp.type";
    private static final String RECORD_BYTES = "max.message.bytes";
    private static final List<String> RETENTION = List.of("retention.ms", "retention.bytes");
    private static final String TIMESTAMPS_DEFAULT = "CreateTime";

    private TopicConfigs() {}

    /**
     * @param has every config of the topic, with its value
     * @return one sentence for each difference that matters
     */
    public static List<String> differences(String name, Topic topic, Map<String, String> has) {
        List<String> differences = new ArrayList<>();
        Map<String, String> wanted = topic.configs();
        other(name, CLEANUP, wanted.getOrDefault(CLEANUP, "delete"), has, differences);
        other(name, TIMESTAMPS, wanted.getOrDefault(TIMESTAMPS, TIMESTAMPS_DEFAULT), has, differences);
        less(name, RECORD_BYTES, wanted, has, differences);
        for (String retention : RETENTION) {
            less(name, retention, wanted, has, differences);
        }
        return differences;
    }

    private static void other(
            String name, String config, String wanted, Map<String, String> has, List<String> differences) {
        String found = has.get(config);
        if (found != null && !found.equals(wanted)) {
            differences.add("%s has %s=%s instead of %s".formatted(name, config, found, wanted));
        }
    }

    private static void less(
            String name, String config, Map<String, String> wanted, Map<String, String> has, List<String> differences) {
        String found = has.get(config);
        String least = wanted.get(config);
        // below zero: without a limit
        if (found != null && least != null && number(found) >= 0 && number(found) < number(least)) {
            differences.add("%s has %s=%s, less than %s".formatted(name, config, found, least));
        }
    }

    private static long number(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
