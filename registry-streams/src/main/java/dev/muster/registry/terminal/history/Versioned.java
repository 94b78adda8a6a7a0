package dev.muster.registry.terminal.history;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Values of the store: one byte with the version of the format, then a protobuf. */
final class Versioned {
    private static final byte VERSION = 1;

    private Versioned() {}

    static byte[] encode(Message message) {
        byte[] bytes = new byte[1 + message.getSerializedSize()];
        bytes[0] = VERSION;
        try {
            message.writeTo(CodedOutputStream.newInstance(bytes, 1, bytes.length - 1));
        } catch (IOException e) {
            throw new IllegalStateException("an array has no errors", e);
        }
        return bytes;
    }

    static <T extends Message> @Nullable T decode(byte @Nullable [] bytes, Parser<T> parser) {
        if (bytes == null) {
            return null;
        }
        if (bytes.length == 0 || bytes[0] != VERSION) {
            throw new IllegalStateException("value of an unknown version in the store of terminals");
        }
        try {
            return parser.parseFrom(CodedInputStream.newInstance(bytes, 1, bytes.length - 1));
        } catch (IOException e) {
            throw new IllegalStateException("damaged value in the store of terminals", e);
        }
    }
}
