package dev.muster.bench.load;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Connections to one gateway, all served by one thread: simulated agents share them in turn. */
public final class Channels implements AutoCloseable {
    static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> SESSION = Metadata.Key.of("muster-session", Metadata.ASCII_STRING_MARSHALLER);

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private final List<ManagedChannel> channels = new ArrayList<>();

    /**
     * @param count connections
     */
    public Channels(int port, int count) {
        for (int i = 0; i < count; i++) {
            NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .usePlaintext()
                    .directExecutor()
                    .eventLoopGroup(loop)
                    .channelType(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                    .flowControlWindow(1 << 20);
            channels.add(builder.build());
        }
    }

    public int size() {
        return channels.size();
    }

    public ManagedChannel of(int agent) {
        return channels.get(agent % channels.size());
    }

    <Q, A> ClientCall<Q, A> call(int agent, MethodDescriptor<Q, A> method) {
        return of(agent).newCall(method, CallOptions.DEFAULT);
    }

    /** The next call of this agent does not wait for the pause after a connection that failed. */
    void tryAgainNow(int agent) {
        of(agent).resetConnectBackoff();
    }

    static Metadata headers(SimNode node) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + node.credential());
        return headers;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        var unused = loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
