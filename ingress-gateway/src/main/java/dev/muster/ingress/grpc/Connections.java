package dev.muster.ingress.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts connections by address. gRPC cannot refuse a connection, so a surplus one is marked: its calls are refused,
 * and without calls it is closed for idleness. Thread-safe.
 */
final class Connections extends ServerTransportFilter {
    private static final Attributes.Key<Boolean> EXCESS = Attributes.Key.create("muster-excess");

    private final int perAddressMax;
    private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

    Connections(int perAddressMax) {
        this.perAddressMax = perAddressMax;
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        int count = byAddress.merge(addressOf(attributes), 1, Integer::sum);
        return count > perAddressMax ? attributes.toBuilder().set(EXCESS, true).build() : attributes;
    }

    @Override
    public void transportTerminated(@Nullable Attributes attributes) {
        if (attributes != null) {
            byAddress.computeIfPresent(addressOf(attributes), (address, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Whether this connection is one too many of its address. */
    static boolean isExcess(Attributes attributes) {
        return Boolean.TRUE.equals(attributes.get(EXCESS));
    }

    /** The address without its port, or an empty string where there is none. */
    static String addressOf(Attributes attributes) {
        SocketAddress remote = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        if (remote instanceof InetSocketAddress inet && inet.getAddress() != null) {
            return inet.getAddress().getHostAddress();
        }
        return remote == null ? "" : remote.toString();
    }
}
