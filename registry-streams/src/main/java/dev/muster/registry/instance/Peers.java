package dev.muster.registry.instance;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks other instances. The deadline and the cancellation of the answered call hold for the question too. Thread-safe;
 * answers arrive on the transport's threads, which must only hand over.
 */
public final class Peers implements AutoCloseable {
    /** Connections kept; the one that was used longest ago goes first. */
    static final int PEERS_MAX = 64;

    private static final int ANSWER_BYTES_MAX = 64 << 20;

    private final int answerMillisMax;
    private final LinkedHashMap<String, ManagedChannel> channels = new LinkedHashMap<>(16, 0.75f, true);

    /** @param answerMillisMax how long an instance may take to answer */
    public Peers(int answerMillisMax) {
        this.answerMillisMax = answerMillisMax;
    }

    /**
     * Fails with the {@link io.grpc.StatusRuntimeException} of the call.
     *
     * @param address {@code host:port}
     * @param hop of the answered call; it records how far behind the answer is if it comes from a copy
     */
    public <Q, A> CompletableFuture<A> ask(String address, MethodDescriptor<Q, A> method, Q request, Hop hop) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        Channel channel = ClientInterceptors.intercept(
                channel(address),
                MetadataUtils.newAttachHeadersInterceptor(hop.headers()),
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(answerMillisMax, TimeUnit.MILLISECONDS);
        ClientCalls.asyncUnaryCall(channel.newCall(method, options), request, new StreamObserver<>() {
            private @Nullable A value;

            @Override
            public void onNext(A next) {
                value = next;
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                Metadata told = trailers.get();
                String stale = told == null ? null : told.get(Hop.STALE_RECORDS);
                if (stale != null) {
                    hop.staleRecords().accumulateAndGet(Long.parseLong(stale), Math::max);
                }
                answer.complete(value);
            }
        });
        return answer;
    }

    @Override
    public synchronized void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.clear();
    }

    private synchronized ManagedChannel channel(String address) {
        ManagedChannel channel = channels.get(address);
        if (channel == null) {
            channel = NettyChannelBuilder.forTarget("dns:///" + address)
                    .usePlaintext()
                    .directExecutor()
                    .maxInboundMessageSize(ANSWER_BYTES_MAX)
                    .keepAliveTime(5, TimeUnit.SECONDS)
                    .keepAliveTimeout(2, TimeUnit.SECONDS)
                    .build();
            channels.put(address, channel);
            dropOldest();
        } else if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            // an instance that comes back is asked at once, not after the transport's growing pause
            channel.resetConnectBackoff();
        }
        return channel;
    }

    private void dropOldest() {
        if (channels.size() > PEERS_MAX) {
            Map.Entry<String, ManagedChannel> oldest =
                    channels.entrySet().iterator().next();
            channels.remove(oldest.getKey());
            oldest.getValue().shutdown();
        }
    }
}
