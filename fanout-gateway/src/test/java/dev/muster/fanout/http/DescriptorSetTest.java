package dev.muster.fanout.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.resources.GatewayFixture;
import dev.muster.proto.records.v1.NodeRecord;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What {@code /schemas/muster.desc} has, beside the messages of the topics. */
class DescriptorSetTest {
    @Test
    void the_value_of_every_topic_can_be_read_with_it_and_no_other_file() throws Exception {
        HttpResponse<byte[]> answer;
        try (GatewayFixture gateway = new GatewayFixture()) {
            answer = gateway.http.send(
                    HttpRequest.newBuilder(gateway.uri("/schemas/muster.desc")).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-protobuf");

        // files come after those that they import
        Map<String, FileDescriptor> files = new LinkedHashMap<>();
        for (FileDescriptorProto file :
                FileDescriptorSet.parseFrom(answer.body()).getFileList()) {
            List<FileDescriptor> imported = new ArrayList<>();
            file.getDependencyList().forEach(name -> imported.add(files.get(name)));
            files.put(file.getName(), FileDescriptor.buildFrom(file, imported.toArray(FileDescriptor[]::new)));
            assertThat(file.getSourceCodeInfo().getLocationList())
                    .anySatisfy(location ->
                            assertThat(location.getLeadingComments()).isNotEmpty());
        }
        for (Topic topic : Topic.values()) {
            Descriptor built = topic.prototype().getDescriptorForType();
            Descriptor served =
                    Objects.requireNonNull(files.get(built.getFile().getName())).findMessageTypeByName(built.getName());
            assertThat(fields(served)).as(topic.name()).isEqualTo(fields(built)).isNotEmpty();
        }
        assertThat(files).doesNotContainKey("muster/store/v1/control.proto");
        DynamicMessage node = DynamicMessage.parseFrom(
                Objects.requireNonNull(files.get("muster/records/v1/records.proto"))
                        .findMessageTypeByName("NodeRecord"),
                NodeRecord.newBuilder().setName("web-1").build().toByteArray());
        assertThat(node.toString()).isEqualTo("name: \"web-1\"\n");
    }

    private static List<String> fields(Descriptor message) {
        return message.getFields().stream()
                .map(field -> field.getNumber() + " " + field.getJsonName() + " " + field.getType() + " "
                        + field.isRepeated())
                .toList();
    }
}
