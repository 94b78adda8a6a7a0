package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** How things look on the wire: metadata, statuses, and output chunks that stay bytes. */
final class Wire {
    static final Metadata.Key<String> AUTHORIZATION = key("authorization");
    static final Metadata.Key<String> SESSION = key("muster-session");
    static final Metadata.Key<String> CODE = key("muster-code");
    static final Metadata.Key<String> ERROR_ID = key("muster-error-id");
    /** How long to wait before the call can succeed. */
    static final Metadata.Key<String> RETRY_AFTER_MILLIS = key("muster-retry-after-ms");

    private static final String BEARER = "Bearer ";

    private Wire() {}

    /** {@code PublishOutput}, with requests as the bytes that came. */
    static MethodDescriptor<byte[], OutputAck> publishOutput() {
        MethodDescriptor<OutputChunk, OutputAck> generated = AgentIngressGrpc.getPublishOutputMethod();
        return generated.toBuilder(new Bytes(), generated.getResponseMarshaller())
                .build();
    }

    /** The credential of a call, or an empty string. */
    static String credentialOf(Metadata headers) {
        String value = headers.get(AUTHORIZATION);
        return value != null && value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? value.substring(BEARER.length()).strip()
                : "";
    }

    static Status statusOf(ErrorCode code) {
        return switch (code.status()) {
            case 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 404 -> Status.NOT_FOUND;
            case 413, 422 -> Status.INVALID_ARGUMENT;
            case 429 -> Status.RESOURCE_EXHAUSTED;
            case 500 -> Status.INTERNAL;
            case 503 -> Status.UNAVAILABLE;
            default -> Status.FAILED_PRECONDITION;
        };
    }

    static Metadata trailers(ErrorCode code, String errorId) {
        Metadata trailers = new Metadata();
        trailers.put(CODE, code.code());
        trailers.put(ERROR_ID, errorId);
        return trailers;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                if (!(stream instanceof KnownLength)) {
                    return stream.readAllBytes();
                }
                byte[] bytes = new byte[stream.available()];
                int read = stream.readNBytes(bytes, 0, bytes.length);
                if (read != bytes.length) {
                    throw new IOException("the message ended early");
                }
                return bytes;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
