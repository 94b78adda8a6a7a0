package dev.muster.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.JoinRequest;
import dev.muster.proto.agent.v1.OutputChunk;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An agent that joined properly and then sends anything. */
final class AgentFuzz implements AutoCloseable {
    private static final int MESSAGES_PER_CALL = 12;
    private static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);

    private final ManagedChannel channel;
    private final FuzzedText texts;
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private String credential = "";

    AgentFuzz(int port, FuzzedText texts) {
        this.channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        this.texts = texts;
    }

    Queue<String> faults() {
        return faults;
    }

    void join(String invite) throws Exception {
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(keys.getPrivate());
        signature.update(invite.getBytes(StandardCharsets.UTF_8));
        credential = AgentIngressGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Api.LONG.toSeconds(), TimeUnit.SECONDS)
                .join(JoinRequest.newBuilder()
                        .setInvite(invite)
                        .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
                        .setProof(ByteString.copyFrom(signature.sign()))
                        .build())
                .getCredential();
    }

    void run(int inputs, long seed) throws Exception {
        Random random = new Random(seed);
        FuzzedMessage messages = new FuzzedMessage(random, texts);
        int sent = 0;
        while (sent < inputs) {
            sent += switch (random.nextInt(10)) {
                case 0 -> {
                    call(AgentIngressGrpc.getJoinMethod(), JoinRequest.getDefaultInstance(), messages, 1, "");
                    yield 1;
                }
                case 1, 2, 3 -> output(messages, random);
                default -> control(messages, random);
            };
        }
    }

    private int control(FuzzedMessage messages, Random random) throws Exception {
        Call call = open(AgentIngressGrpc.getConnectMethod(), "");
        if (random.nextInt(6) > 0) {
            call.send(AgentMessage.newBuilder()
                    .setHello(Hello.newBuilder().setInstanceId(UUID.randomUUID().toString()))
                    .build()
                    .toByteArray());
        }
        for (int i = 0; i < MESSAGES_PER_CALL; i++) {
            call.send(messages.bytes(AgentMessage.getDefaultInstance()));
        }
        call.end("Connect");
        return MESSAGES_PER_CALL;
    }

    /** Output on a session that is real, so that chunks reach the registry. */
    private int output(FuzzedMessage messages, Random random) throws Exception {
        Call control = open(AgentIngressGrpc.getConnectMethod(), "");
        control.send(AgentMessage.newBuilder()
                .setHello(Hello.newBuilder().setInstanceId(UUID.randomUUID().toString()))
                .build()
                .toByteArray());
        String session = control.session();
        Call output = open(AgentIngressGrpc.getPublishOutputMethod(), session);
        for (int i = 0; i < MESSAGES_PER_CALL; i++) {
            byte[] message = messages.bytes(OutputChunk.getDefaultInstance());
            output.send(random.nextInt(30) == 0 ? new byte[300_000] : message);
        }
        output.end("PublishOutput");
        control.end("Connect");
        return MESSAGES_PER_CALL;
    }

    private void call(
            MethodDescriptor<?, ?> method, Message prototype, FuzzedMessage messages, int count, String session)
            throws Exception {
        Call call = open(method, session);
        for (int i = 0; i < count; i++) {
            call.send(messages.bytes(prototype));
        }
        call.end(method.getBareMethodName());
    }

    private Call open(MethodDescriptor<?, ?> method, String session) {
        return new Call(channel.newCall(raw(method), CallOptions.DEFAULT), session);
    }

    private static MethodDescriptor<byte[], byte[]> raw(MethodDescriptor<?, ?> method) {
        MethodDescriptor.Marshaller<byte[]> bytes = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (java.io.IOException e) {
                    throw new AssertionError(e);
                }
            }
        };
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .setRequestMarshaller(bytes)
                .setResponseMarshaller(bytes)
                .build();
    }

    /** One call; its end is judged. */
    private final class Call extends ClientCall.Listener<byte[]> {
        private final ClientCall<byte[], byte[]> call;
        private final CountDownLatch ended = new CountDownLatch(1);
        private final CountDownLatch answered = new CountDownLatch(1);
        private volatile byte @Nullable [] first;
        private volatile @Nullable Status status;
        private volatile @Nullable Metadata trailers;

        Call(ClientCall<byte[], byte[]> call, String session) {
            this.call = call;
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + credential);
            if (!session.isEmpty()) {
                headers.put(Metadata.Key.of("muster-session", Metadata.ASCII_STRING_MARSHALLER), session);
            }
            call.start(this, headers);
            call.request(Integer.MAX_VALUE);
        }

        void send(byte[] message) {
            if (ended.getCount() > 0) {
                call.sendMessage(message);
            }
        }

        String session() throws Exception {
            byte[] welcome = answered.await(Api.LONG.toSeconds(), TimeUnit.SECONDS) ? first : null;
            return welcome == null
                    ? ""
                    : dev.muster.proto.agent.v1.GatewayMessage.parseFrom(welcome)
                            .getWelcome()
                            .getSessionId();
        }

        void end(String what) throws InterruptedException {
            call.halfClose();
            if (!ended.await(Api.LONG.toSeconds(), TimeUnit.SECONDS)) {
                call.cancel("no end", null);
                faults.add(what + " did not end after the client's half-close");
                return;
            }
            Status end = status;
            Metadata with = trailers;
            if (end != null && with != null && !end.isOk() && with.get(CODE) == null && isTheServers(end)) {
                faults.add(what + " ended without a code: " + end);
            }
            if (end != null && (end.getCode() == Status.Code.INTERNAL || end.getCode() == Status.Code.UNKNOWN)) {
                faults.add(what + ": " + end);
            }
        }

        /** A client that sends after the server's end learns of it by a reset. */
        private boolean isTheServers(Status end) {
            return end.getCode() != Status.Code.CANCELLED;
        }

        @Override
        public void onMessage(byte[] message) {
            if (first == null) {
                first = message;
                answered.countDown();
            }
        }

        @Override
        public void onClose(Status end, Metadata with) {
            status = end;
            trailers = with;
            answered.countDown();
            ended.countDown();
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
