package dev.muster.e2e;

import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicFacts;
import dev.muster.contract.topics.TopicNames;
import java.util.stream.Collectors;

/** The page about the topics, from the table of topics. Pure. */
final class TopicsPage {
    private static final TopicNames NAMES = new TopicNames("muster.");
    private static final String BROKER = "127.0.0.1:19092";
    private static final String INTRODUCTION = """
            # Topics

            Made from `Topic.java` and `TopicFacts.java`. For each topic: whether others than Muster may rely on it, \
            its key, value and order, how long it keeps records, who writes it, and one line that reads it with each \
            of four tools.

            - **Stable** topics are for others: fields are added and keep their meaning. **Internal** topics connect \
            the parts of Muster, and may change with any release.
            - Values are protobuf. Keys are UTF-8 text. The header `content-type` of a record with a value is \
            `application/x-protobuf`; the header `schema` names the message, such as `muster.records.v1.NodeRecord`. \
            The header `traceparent` is described in [the \
            contract](../../proto/README.md#reading-the-topics-with-other-clients).
            - A running gateway serves all this as an AsyncAPI 3 document at `/asyncapi.json`.
            - A running gateway serves the messages as a descriptor set at `/schemas/muster.desc`; the build has it \
            at `proto/target/classes/schemas/muster.desc`. With it, `protoc --decode=MESSAGE \
            --descriptor_set_in=muster.desc` and the protobuf libraries of all languages read values.
            - **Committed**: "yes" is written in transactions alone. Read it with `isolation.level=read_committed`, \
            and you get each record once. "no" is written without transactions: a record may come again after a \
            failure of its writer. "partly" has writers of both kinds.
            - Order holds within a partition. The number of partitions of a topic never changes. Keys are spread as \
            Kafka's default partitioner does it (murmur2).
            - Batches are compressed with LZ4.
            - The names below have the default prefix `muster.`, and the lines read the broker of `infra/muster up`. \
            `topics cat` finds both by itself, and prints JSON.

            """;

    private TopicsPage() {}

    static String render() {
        StringBuilder page = new StringBuilder(INTRODUCTION);
        page.append("| topic | for | value | committed | kept |\n|---|---|---|---|---|\n");
        for (Topic topic : Topic.values()) {
            page.append("| [`%s`](#%s) | %s | `%s` | %s | %s |\n"
                    .formatted(
                            NAMES.of(topic),
                            NAMES.of(topic).replace(".", ""),
                            TopicFacts.of(topic).stable() ? "others: stable" : "Muster: internal",
                            topic.prototype().getDescriptorForType().getName(),
                            committed(topic),
                            TopicFacts.retention(topic)));
        }
        for (Topic topic : Topic.values()) {
            section(page, topic);
        }
        return page.toString();
    }

    private static void section(StringBuilder page, Topic topic) {
        TopicFacts facts = TopicFacts.of(topic);
        page.append("\n## ").append(NAMES.of(topic)).append("\n\n").append(facts.what());
        page.append(facts.stable() ? "\n" : " Internal: it may change with any release.\n");
        page.append("\n| | |\n|---|---|\n");
        row(page, "key", facts.key());
        row(page, "value", "`" + topic.prototype().getDescriptorForType().getFullName() + "`");
        row(page, "order", facts.order());
        row(page, "retention", TopicFacts.retention(topic));
        row(page, "cleanup policy", "`" + topic.configs().get("cleanup.policy") + "`");
        row(
                page,
                "partitions",
                switch (topic.spread()) {
                    case NODE -> "`MUSTER_TOPIC_NODE_PARTITIONS`";
                    case VIEW -> "`MUSTER_TOPIC_VIEW_PARTITIONS`";
                    case GATEWAY -> "`MUSTER_TOPIC_GATEWAY_PARTITIONS`";
                });
        row(
                page,
                "time of a record",
                topic.configs().containsKey("message.timestamp.type")
                        ? "when the broker appended it"
                        : "that of the record that it follows from, else when it was sent");
        row(page, "written by", facts.writers().stream().map(Object::toString).collect(Collectors.joining("; ")));
        row(page, "committed", committed(topic));
        page.append("\n```sh\n");
        String name = NAMES.of(topic);
        page.append("infra/muster topics cat ").append(name).append('\n');
        page.append(
                "kcat -b %s -C -e -t %s -f '%%T %%p/%%o key=%%k headers=%%h bytes=%%S\\n'\n".formatted(BROKER, name));
        page.append(("kafka-console-consumer.sh --bootstrap-server %s --topic %s --from-beginning"
                        + " --isolation-level read_committed --property print.key=true --property print.headers=true\n")
                .formatted(BROKER, name));
        page.append(("python3 -c \"from confluent_kafka import Consumer;"
                        + " c = Consumer({'bootstrap.servers': '%s', 'group.id': 'look', 'auto.offset.reset': 'earliest',"
                        + " 'enable.auto.commit': False}); c.subscribe(['%s']);"
                        + " [print(r.offset(), r.key(), r.headers(), r.value()) for r in iter(lambda: c.poll(10), None)]\"\n")
                .formatted(BROKER, name));
        page.append("```\n");
    }

    private static void row(StringBuilder page, String name, String value) {
        page.append("| %s | %s |\n".formatted(name, value));
    }

    private static String committed(Topic topic) {
        long transactional = TopicFacts.of(topic).writers().stream()
                .filter(TopicFacts.Writer::isTransactional)
                .count();
        return transactional == 0
                ? "no"
                : transactional == TopicFacts.of(topic).writers().size() ? "yes" : "partly";
    }
}
