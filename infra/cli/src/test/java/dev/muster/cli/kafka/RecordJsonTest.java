package dev.muster.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.cli.api.Json;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.ViewRecord;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class RecordJsonTest {
    private static JsonNode line(Topic topic, byte[] value) {
        return Json.parse(
                RecordJson.line(topic, new ConsumerRecord<>("t", 0, 0, "k".getBytes(StandardCharsets.UTF_8), value)));
    }

    private static JsonNode line(Topic topic, Message value) {
        return line(topic, value.toByteArray()).path("value");
    }

    @Test
    void a_number_is_a_number_and_a_zero_is_there() {
        JsonNode node = line(
                Topic.NODES,
                NodeRecord.newBuilder().setVersion(203).putLabels("rack", "7").build());
        assertThat(node.path("version").isIntegralNumber()).isTrue();
        assertThat(node.path("version").asLong()).isEqualTo(203);
        assertThat(node.path("createdAtMillis").isIntegralNumber()).isTrue();
        assertThat(node.path("createdAtMillis").asLong()).isZero();
        assertThat(node.at("/labels/rack").asText()).isEqualTo("7");
    }

    @Test
    void the_largest_unsigned_number_keeps_its_digits() {
        JsonNode node = line(Topic.NODES, NodeRecord.newBuilder().setVersion(-1).build());
        assertThat(node.path("version").bigIntegerValue()).hasToString("18446744073709551615");
    }

    @Test
    void numbers_within_messages_within_a_record_are_numbers_too() {
        JsonNode view = line(
                Topic.VIEWS,
                ViewRecord.newBuilder()
                        .setTask(Task.newBuilder().setOutputBytes(5))
                        .build());
        assertThat(view.at("/task/outputBytes").isIntegralNumber()).isTrue();
    }

    @Test
    void a_record_that_cannot_be_read_is_shown_as_its_bytes() {
        byte[] broken = ByteString.fromHex("ffff").toByteArray();
        assertThat(line(Topic.NODES, broken).path("unreadable").asText()).isEqualTo("//8=");
    }

    @Test
    void bytes_that_are_text_are_there_as_text_too() {
        JsonNode chunks = line(
                        Topic.STDOUT,
                        OutputRecord.newBuilder()
                                .addChunks(OutputChunk.newBuilder()
                                        .setData(ByteString.copyFromUtf8("\u001b[1mgr\u00fcn\r\n")))
                                .addChunks(OutputChunk.newBuilder().setData(ByteString.fromHex("00ff")))
                                .addChunks(OutputChunk.newBuilder().setData(ByteString.copyFromUtf8("a\u0000b")))
                                .build())
                .path("chunks");
        assertThat(chunks.at("/0/data").asText()).isEqualTo("G1sxbWdyw7xuDQo=");
        assertThat(chunks.at("/0/dataText").asText()).isEqualTo("\u001b[1mgr\u00fcn\r\n");
        assertThat(chunks.at("/1/data").asText()).isEqualTo("AP8=");
        assertThat(chunks.at("/1").has("dataText")).isFalse();
        assertThat(chunks.at("/2").has("dataText")).isFalse();
    }
}
