package dev.muster.contract.topics;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The headers of every record that Muster writes, so that a reader knows the type of the value: {@code content-type},
 * which is {@code application/x-protobuf}, and {@code schema}, the full name of the message. The version of the
 * contract is a part of that name: {@code v1} in {@code muster.records.v1.CommandRecord}. A user's command, and each
 * record that the registry writes when it handles the command, also has a {@code traceparent}.
 */
public final class RecordHeaders {
    public static final String CONTENT_TYPE = "content-type";
    public static final String SCHEMA = "schema";
    public static final String TRACEPARENT = "traceparent";

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

    /** The same for a record that is part of a trace. */
    public static List<Header> of(Topic topic, String traceparent) {
        List<Header> headers = new ArrayList<>(of(topic));
        headers.add(header(TRACEPARENT, traceparent));
        return headers;
    }

    /** The header of a record that names its trace, if it is part of one. */
    public static Optional<Header> traceparent(Headers headers) {
        return Optional.ofNullable(headers.lastHeader(TRACEPARENT));
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
