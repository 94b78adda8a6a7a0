package dev.muster.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.NodeRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class TopicsTest {
    @Test
    void bytes_that_are_no_message_are_kept_with_the_reason_and_do_not_throw() {
        byte[] bad = {(byte) 0xff, (byte) 0xff};
        Parsed<NodeRecord> parsed =
                Parsed.serde(NodeRecord.parser()).deserializer().deserialize("muster.nodes", bad);
        assertThat(parsed.message()).isNull();
        assertThat(parsed.problem()).isEqualTo("not-a-protobuf");
        assertThat(parsed.raw().toByteArray()).isEqualTo(bad);
        assertThatThrownBy(() ->
                        new ProtoSerde<>(NodeRecord.parser()).deserializer().deserialize("t", bad))
                .isInstanceOf(SerializationException.class);
    }

    @Test
    void a_message_and_a_tombstone_survive_the_serde() {
        NodeRecord node = NodeRecord.newBuilder().setName("web-1").build();
        try (ProtoSerde<NodeRecord> serde = new ProtoSerde<>(NodeRecord.parser())) {
            byte[] bytes = serde.serializer().serialize("t", node);
            assertThat(serde.deserializer().deserialize("t", bytes)).isEqualTo(node);
            assertThat(serde.deserializer().deserialize("t", null)).isNull();
        }
    }

    @Test
    void keys_go_where_kafkas_own_partitioner_puts_them() {
        Partitions partitions = new Partitions(8, 16, 4);
        for (int i = 0; i < 1_000; i++) {
            String key = "nd_" + i;
            assertThat(partitions.ofNode(key))
                    .isEqualTo(BuiltInPartitioner.partitionForKey(key.getBytes(StandardCharsets.UTF_8), 8));
            assertThat(partitions.ofView(key))
                    .isEqualTo(BuiltInPartitioner.partitionForKey(key.getBytes(StandardCharsets.UTF_8), 16));
        }
    }

    @Test
    void every_topic_has_a_name_of_its_own_a_value_and_a_cleanup_policy() {
        TopicNames names = new TopicNames("x.");
        Set<String> seen = new HashSet<>();
        for (Topic topic : Topic.values()) {
            assertThat(seen.add(names.of(topic))).as(topic.name()).isTrue();
            assertThat(topic.configs().get("cleanup.policy")).isIn("delete", "compact");
            assertThat(topic.parser()).isNotNull();
        }
        for (Topic topic : List.of(Topic.COMMANDS, Topic.HEARTBEATS, Topic.NODE_EVENTS, Topic.STDOUT, Topic.WATCHES)) {
            assertThat(topic.configs()).containsEntry("message.timestamp.type", "LogAppendTime");
        }
    }

    @Test
    void error_codes_are_words_with_dashes_and_can_be_looked_up() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::code)).doesNotHaveDuplicates();
        for (ErrorCode code : ErrorCode.values()) {
            assertThat(code.code()).matches("[a-z]+(-[a-z]+)*");
            assertThat(ErrorCode.of(code.code())).contains(code);
            assertThat(code.status()).isBetween(400, 599);
        }
        assertThat(ErrorCode.of("no-such-code")).isEmpty();
    }
}
