package dev.muster.fanout.resources.nodes;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.records.v1.CreateNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/**
 * The nodes that one request asks for.
 *
 * @param many whether they came as a list, which is answered with a result for each
 * @param key idempotency key of the request; empty: none
 */
record NewNodes(boolean many, String key, List<CreateNode> nodes) {
    NewNodes(boolean many, String key, List<CreateNode> nodes) {
        this.many = many;
        this.key = key;
        ByteString digest = many && !key.isEmpty() ? digest(nodes) : ByteString.EMPTY;
        this.nodes = nodes.stream()
                .map(node -> node.toBuilder()
                        .setIdempotencyKey(key)
                        .setListSha256(digest)
                        .build())
                .toList();
    }

    /** Of the whole list: equal lists have equal digests, whatever the order of their labels. */
    private static ByteString digest(List<CreateNode> nodes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream output = CodedOutputStream.newInstance(bytes);
        output.useDeterministicSerialization();
        try {
            for (CreateNode node : nodes) {
                output.writeMessageNoTag(node);
            }
            output.flush();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
        return ByteString.copyFrom(Ids.sha256(bytes.toByteArray()));
    }
}
