package dev.muster.e2e.simulation;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The agent's channel to "the gateway": a balancer in front of all gateways picks one for each new connection. */
final class AgentChannel extends ManagedChannel {
    private final World world;
    private final List<GatewayNode> gateways;
    private final ProcessExecutor process;
    private @Nullable Connection connection;
    private boolean shutdown;

    AgentChannel(World world, List<GatewayNode> gateways, ProcessExecutor process) {
        this.world = world;
        this.gateways = gateways;
        this.process = process;
    }

    /** The connection that there is now. */
    @Nullable
    Connection connection() {
        return connection;
    }

    @Override
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
        Connection present = connection;
        if (present == null || !present.isUsable()) {
            present = new Connection(world, pick());
            connection = present;
        }
        return new Call<>(world, present, process, method).client();
    }

    private GatewayNode pick() {
        List<GatewayNode> serving =
                gateways.stream().filter(GatewayNode::isServing).toList();
        return world.chance.of(serving.isEmpty() ? gateways : serving);
    }

    @Override
    public String authority() {
        return "gateway";
    }

    @Override
    public ManagedChannel shutdown() {
        shutdown = true;
        return this;
    }

    @Override
    public ManagedChannel shutdownNow() {
        if (connection != null) {
            connection.cut();
        }
        return shutdown();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
