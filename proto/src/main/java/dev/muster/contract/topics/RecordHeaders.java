package dev.muster.contract.topics;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The headers of every record that Muster writes, so that a reader knows the type of the value: {@code content-type},
 * which is {@code application/x-protobuf}, and {@code schema}, the full name of the message.
 */
public final class RecordHeaders {
    public static final String CONTENT_TYPE = "content-type";
    public static final String SCHEMA = "schema";

    private static final Header PROTOBUF = header(CONTENT_TYPE, "application/x-protobuf");

    /** Made once: all records of a topic have the same ones. */
    private static final Map<Descriptor, List<Header>> OF_TOPICS = Arrays.stream(Topic.values())
            .map(topic -> topic.prototype().getDescriptorForType())
            .distinct()
            .collect(Collectors.toUnmodifiableMap(Function.identity(), RecordHeaders::make));

    private RecordHeaders() {}

    /** Of every record with a value in this topic. */
    public static List<Header> of(Topic topic) {
        return of(topic.prototype().getDescriptorForType());
    }

    /** Sets those of the value; other headers stay. */
    public static void put(Message value, Headers headers) {
        for (Header header : of(value.getDescriptorForType())) {
            headers.remove(header.key()).add(header);
        }
    }

    private static List<Header> of(Descriptor type) {
        List<Header> known = OF_TOPICS.get(type);
        return known == null ? make(type) : known;
    }

    private static List<Header> make(Descriptor type) {
        return List.of(PROTOBUF, header(SCHEMA, type.getFullName()));
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.US_ASCII));
    }
}
