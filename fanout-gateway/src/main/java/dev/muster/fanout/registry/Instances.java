package dev.muster.fanout.registry;

import dev.muster.proto.query.v1.RegistryQueryGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The registry's instances that are known by address. All queries go to one of them until it stops answering.
 * Thread-safe.
 */
final class Instances implements AutoCloseable {
    private final List<Instance> all;
    private final AtomicInteger current = new AtomicInteger();

    /** One instance. */
    record Instance(int index, ManagedChannel channel, RegistryQueryGrpc.RegistryQueryFutureStub stub) {}

    /** @param addresses {@code host:port}, separated by commas */
    Instances(String addresses, int answerBytesMax, Executor executor) {
        List<String> each = Arrays.stream(addresses.split(",", -1))
                .map(String::strip)
                .filter(address -> !address.isEmpty())
                .toList();
        if (each.isEmpty()) {
            throw new IllegalArgumentException("no address of a registry");
        }
        List<Instance> made = new ArrayList<>();
        for (String address : each) {
            ManagedChannel channel = NettyChannelBuilder.forTarget("dns:///" + address)
                    .usePlaintext()
                    .maxInboundMessageSize(answerBytesMax)
                    .keepAliveTime(5, TimeUnit.SECONDS)
                    .keepAliveTimeout(3, TimeUnit.SECONDS)
                    .executor(executor)
                    .build();
            made.add(new Instance(made.size(), channel, RegistryQueryGrpc.newFutureStub(channel)));
        }
        all = List.copyOf(made);
    }

    int count() {
        return all.size();
    }

    Instance current() {
        Instance instance = all.get(Math.floorMod(current.get(), all.size()));
        if (instance.channel().getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            // one that comes back is found at once, not after the transport's growing pause
            instance.channel().resetConnectBackoff();
        }
        return instance;
    }

    /** From now on the next one is asked, unless somebody has moved on already. */
    void giveUp(Instance instance) {
        int now = current.get();
        if (Math.floorMod(now, all.size()) == instance.index()) {
            current.compareAndSet(now, now + 1);
        }
    }

    @Override
    public void close() {
        all.forEach(instance -> instance.channel().shutdownNow());
    }
}
