package dev.muster.ingress.grpc;

import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The threads that read from agents: one for each processor. Netty's default is two for each. When these threads also
 * compress output they are never idle, and with two for each they wait for each other when both have records for one
 * partition.
 */
final class EventLoops implements AutoCloseable {
    private static final int CLOSE_SECONDS = 2;

    private final Class<? extends ServerChannel> channel;
    private final EventLoopGroup accepting;
    private final EventLoopGroup reading;

    EventLoops() {
        IoHandlerFactory handlers = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        channel = Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        accepting = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("ingress-accept", true), handlers);
        reading = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(), new DefaultThreadFactory("ingress-agents", true), handlers);
    }

    void addTo(NettyServerBuilder builder) {
        builder.channelType(channel).bossEventLoopGroup(accepting).workerEventLoopGroup(reading);
    }

    /** Does not wait for them. */
    @Override
    public void close() {
        for (EventLoopGroup group : List.of(accepting, reading)) {
            var unused = group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
