package dev.muster.bench.load;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Messages as the bytes that they are on the wire. */
final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
        return new Message(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
        try {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Passes itself on in one piece. For another stream gRPC would make a copy through a new buffer of 16 KiB for each
     * message.
     */
    private static final class Message extends ByteArrayInputStream implements Drainable, KnownLength {
        private Message(byte[] bytes) {
            super(bytes);
        }

        @Override
        public synchronized int drainTo(OutputStream target) throws IOException {
            int size = count - pos;
            target.write(buf, pos, size);
            pos = count;
            return size;
        }
    }
}
