package dev.muster.registry.terminal.watch;

import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import dev.muster.proto.store.v1.NodeLeases;
import dev.muster.proto.store.v1.TerminalLease;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The users who watch the terminals of one node. A lease lives until its append time says otherwise; it need not be
 * ended explicitly. Several gateways may hold one, for sessions of the same user. It lives while one of them holds it,
 * so a viewer who leaves one gateway does not end the view at another.
 */
public final class Leases {
    private final WatchLimits limits;
    private final Map<Key, Lease> leases = new LinkedHashMap<>();

    private record Key(String terminal, String user, WatchMode mode) {}

    /** A user's right to frames of one kind. */
    public static final class Lease {
        private final Key key;
        private final EmissionBudget budget;
        private final Map<String, Long> expiresAtMillis = new LinkedHashMap<>(2);

        private Lease(Key key, EmissionBudget budget) {
            this.key = key;
            this.budget = budget;
        }

        public String user() {
            return key.user();
        }

        public WatchMode mode() {
            return key.mode();
        }

        EmissionBudget budget() {
            return budget;
        }

        private boolean lives(long nowMillis) {
            for (long expires : expiresAtMillis.values()) {
                if (expires >= nowMillis) {
                    return true;
                }
            }
            return false;
        }

        private boolean isEmptyAfter(long nowMillis) {
            expiresAtMillis.values().removeIf(expires -> expires < nowMillis);
            return expiresAtMillis.isEmpty();
        }
    }

    public Leases(WatchLimits limits, NodeLeases stored) {
        this.limits = limits;
        for (TerminalLease lease : stored.getLeasesList()) {
            Key key = new Key(lease.getTerminalId(), lease.getUser(), lease.getMode());
            leases.computeIfAbsent(key, made -> new Lease(made, new EmissionBudget(limits, 0)))
                    .expiresAtMillis
                    .put(lease.getGatewayId(), lease.getExpiresAtMillis());
        }
    }

    /**
     * Takes, renews or ends a gateway's hold of a lease.
     *
     * @return whether that gateway holds it now
     */
    public boolean take(WatchRecord watch, long nowMillis) {
        leases.values().removeIf(lease -> lease.isEmptyAfter(nowMillis));
        Key key = new Key(watch.getTerminalId(), watch.getUser(), watch.getMode());
        long millis = Math.min(Integer.toUnsignedLong(watch.getLeaseMillis()), limits.leaseMillisMax());
        @Nullable Lease lease = leases.get(key);
        if (millis == 0) {
            if (lease != null
                    && lease.expiresAtMillis.remove(watch.getGatewayId()) != null
                    && lease.isEmptyAfter(nowMillis)) {
                leases.remove(key);
            }
            return false;
        }
        if (lease == null || !lease.expiresAtMillis.containsKey(watch.getGatewayId())) {
            if (holds() >= limits.nodeLeasesMax()) {
                return false;
            }
        }
        if (lease == null) {
            lease = new Lease(key, new EmissionBudget(limits, nowMillis));
            leases.put(key, lease);
        }
        lease.expiresAtMillis.merge(watch.getGatewayId(), nowMillis + millis, Math::max);
        return true;
    }

    private int holds() {
        return leases.values().stream()
                .mapToInt(lease -> lease.expiresAtMillis.size())
                .sum();
    }

    public boolean isEmpty() {
        return leases.isEmpty();
    }

    /** Leases on a terminal that live at this time. */
    public List<Lease> of(String terminal, long nowMillis) {
        if (leases.isEmpty()) {
            return List.of();
        }
        List<Lease> living = new ArrayList<>();
        for (Lease lease : leases.values()) {
            if (lease.key.terminal().equals(terminal) && lease.lives(nowMillis)) {
                living.add(lease);
            }
        }
        return living;
    }

    public NodeLeases toStored() {
        NodeLeases.Builder stored = NodeLeases.newBuilder();
        for (Lease lease : leases.values()) {
            lease.expiresAtMillis.forEach((gateway, expires) -> stored.addLeases(TerminalLease.newBuilder()
                    .setTerminalId(lease.key.terminal())
                    .setUser(lease.user())
                    .setMode(lease.mode())
                    .setGatewayId(gateway)
                    .setExpiresAtMillis(expires)));
        }
        return stored.build();
    }
}
