package dev.muster.registry.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.muster.contract.ids.Ids;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** SHA-256 of requests, to tell a repeat from another request. */
public final class Digests {
    private Digests() {}

    /** Equal messages of the same user have equal digests, whatever the order of their maps. */
    public static ByteString of(Message message, String user) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream output = CodedOutputStream.newInstance(bytes);
        output.useDeterministicSerialization();
        try {
            message.writeTo(output);
            output.flush();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
        bytes.writeBytes(user.getBytes(StandardCharsets.UTF_8));
        return ByteString.copyFrom(Ids.sha256(bytes.toByteArray()));
    }
}
