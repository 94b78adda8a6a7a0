package dev.muster.ingress.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.session.SpareArrays;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.JoinResponse;
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

    /** Begins with a tag that no field has. */
    private static final byte[] NO_CHUNK = {0};

    private static final String BEARER = "Bearer ";

    private Wire() {}

    /** {@code PublishOutput}, with requests as the bytes that came. */
    static MethodDescriptor<byte[], OutputAck> publishOutput(int bytesMax, SpareArrays spares) {
        MethodDescriptor<OutputChunk, OutputAck> generated = AgentIngressGrpc.getPublishOutputMethod();
        return generated.toBuilder(new Bytes(bytesMax, spares), generated.getResponseMarshaller())
                .build();
    }

    /**
     * {@code Connect}. An unreadable message is passed on as a message of no kind, so that it is refused like every
     * other mistake.
     */
    static MethodDescriptor<AgentMessage, GatewayMessage> connect(int bytesMax) {
        MethodDescriptor<AgentMessage, GatewayMessage> generated = AgentIngressGrpc.getConnectMethod();
        return generated.toBuilder(
                        new Lenient<>(AgentMessage.parser(), AgentMessage.getDefaultInstance(), bytesMax),
                        generated.getResponseMarshaller())
                .build();
    }

    /** {@code Join}; what cannot be read comes as an empty request. */
    static MethodDescriptor<JoinRequest, JoinResponse> join(int bytesMax) {
        MethodDescriptor<JoinRequest, JoinResponse> generated = AgentIngressGrpc.getJoinMethod();
        return generated.toBuilder(
                        new Lenient<>(JoinRequest.parser(), JoinRequest.getDefaultInstance(), bytesMax),
                        generated.getResponseMarshaller())
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

    /** An exception here would be logged as a fault of ours, with its trace, as often as a stranger likes. */
    private static final class Lenient<T extends MessageLite> implements MethodDescriptor.Marshaller<T> {
        private final Parser<T> parser;
        private final T unreadable;
        private final int bytesMax;

        private Lenient(Parser<T> parser, T unreadable, int bytesMax) {
            this.parser = parser;
            this.unreadable = unreadable;
            this.bytesMax = bytesMax;
        }

        @Override
        public InputStream stream(T value) {
            return new ByteArrayInputStream(value.toByteArray());
        }

        @Override
        public T parse(InputStream stream) {
            try {
                CodedInputStream in = CodedInputStream.newInstance(stream);
                // a small compressed message may be a large one
                in.setSizeLimit(bytesMax);
                T message = parser.parseFrom(in);
                in.checkLastTagWas(0);
                return message;
            } catch (InvalidProtocolBufferException e) {
                return unreadable;
            }
        }
    }

    /** @param bytesMax what unpacks to more is not read, and is no chunk */
    private record Bytes(int bytesMax, SpareArrays spares) implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                if (!(stream instanceof KnownLength)) {
                    byte[] unpacked = stream.readNBytes(bytesMax + 1);
                    return unpacked.length > bytesMax ? NO_CHUNK : unpacked;
                }
                byte[] bytes = spares.take(stream.available());
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
