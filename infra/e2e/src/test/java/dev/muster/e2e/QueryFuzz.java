package dev.muster.e2e;

import com.google.protobuf.Message;
import dev.muster.proto.query.v1.GetHealthRequest;
import dev.muster.proto.query.v1.RegistryQueryGrpc;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Random requests to the registry's query port. */
final class QueryFuzz implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private static final Metadata.Key<String> CODE = Metadata.Key.of("muster-code", Metadata.ASCII_STRING_MARSHALLER);

    private final ManagedChannel channel;
    private final FuzzedText texts;
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    private QueryFuzz(ManagedChannel channel, FuzzedText texts) {
        this.channel = channel;
        this.texts = texts;
    }

    /** Finds the port that answers queries among those of a process. */
    static QueryFuzz of(Set<Integer> ports, FuzzedText texts) {
        for (int port : ports) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            try {
                RegistryQueryGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .getHealth(GetHealthRequest.getDefaultInstance());
                return new QueryFuzz(channel, texts);
            } catch (StatusRuntimeException notIt) {
                channel.shutdownNow();
            }
        }
        throw new AssertionError("no port of " + ports + " answers queries");
    }

    Queue<String> faults() {
        return faults;
    }

    void run(int inputs, long seed) {
        Random random = new Random(seed);
        FuzzedMessage messages = new FuzzedMessage(random, texts);
        List<MethodDescriptor<?, ?>> methods =
                new ArrayList<>(RegistryQueryGrpc.getServiceDescriptor().getMethods());
        for (int i = 0; i < inputs; i++) {
            one(methods.get(random.nextInt(methods.size())), messages);
        }
    }

    @SuppressWarnings("unchecked") // methods of this service take and give messages
    private void one(MethodDescriptor<?, ?> any, FuzzedMessage messages) {
        MethodDescriptor<Message, Message> method = (MethodDescriptor<Message, Message>) any;
        Message request = messages.next(prototype(method));
        try {
            ClientCalls.blockingUnaryCall(
                    channel,
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS),
                    request);
        } catch (StatusRuntimeException e) {
            Status.Code code = e.getStatus().getCode();
            Metadata trailers = e.getTrailers();
            boolean waits = any.getFullMethodName().endsWith("AwaitNode") && code == Status.Code.DEADLINE_EXCEEDED;
            if (!waits && (trailers == null || trailers.get(CODE) == null)) {
                faults.add(any.getBareMethodName() + ": " + e.getStatus() + " without a code");
            }
            if (code == Status.Code.INTERNAL || code == Status.Code.UNKNOWN) {
                faults.add(any.getBareMethodName() + ": " + e.getStatus() + " for " + request);
            }
        }
    }

    private static Message prototype(MethodDescriptor<Message, Message> method) {
        if (!(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier)) {
            throw new AssertionError("no schema of " + method);
        }
        MethodDescriptor.PrototypeMarshaller<Message> marshaller =
                (MethodDescriptor.PrototypeMarshaller<Message>) method.getRequestMarshaller();
        Message prototype = marshaller.getMessagePrototype();
        if (prototype == null) {
            throw new AssertionError("no prototype of " + method);
        }
        return prototype;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
