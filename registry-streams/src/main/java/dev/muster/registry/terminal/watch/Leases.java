package dev.muster.registry.terminal.watch;

import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import dev.muster.proto.store.v1.NodeLeases;
import dev.muster.proto.store.v1.TerminalLease;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who watches the terminals of one node. A lease lives until its append time says otherwise; nobody has to end it. */
public final class Leases {
    private final WatchLimits limits;
    private final Map<Key, Lease> leases = new LinkedHashMap<>();

    private record Key(String terminal, String user, WatchMode mode) {}

    /** A user's right to frames of one kind. */
    public static final class Lease {
        private final Key key;
        private final EmissionBudget budget;
        private long expiresAtMillis;

        private Lease(Key key, long expiresAtMillis, EmissionBudget budget) {
            this.key = key;
            this.expiresAtMillis = expiresAtMillis;
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
    }

    public Leases(WatchLimits limits, NodeLeases stored) {
        this.limits = limits;
        for (TerminalLease lease : stored.getLeasesList()) {
            Key key = new Key(lease.getTerminalId(), lease.getUser(), lease.getMode());
            leases.put(key, new Lease(key, lease.getExpiresAtMillis(), new EmissionBudget(limits, 0)));
        }
    }

    /**
     * Takes, renews or ends a lease.
     *
     * @return whether the lease lives now
     */
    public boolean take(WatchRecord watch, long nowMillis) {
        leases.values().removeIf(lease -> lease.expiresAtMillis < nowMillis);
        Key key = new Key(watch.getTerminalId(), watch.getUser(), watch.getMode());
        long millis = Math.min(Integer.toUnsignedLong(watch.getLeaseMillis()), limits.leaseMillisMax());
        if (millis == 0) {
            leases.remove(key);
            return false;
        }
        Lease lease = leases.get(key);
        if (lease == null) {
            if (leases.size() >= limits.nodeLeasesMax()) {
                return false;
            }
            lease = new Lease(key, 0, new EmissionBudget(limits, nowMillis));
            leases.put(key, lease);
        }
        lease.expiresAtMillis = Math.max(lease.expiresAtMillis, nowMillis + millis);
        return true;
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
            if (lease.key.terminal().equals(terminal) && lease.expiresAtMillis >= nowMillis) {
                living.add(lease);
            }
        }
        return living;
    }

    public NodeLeases toStored() {
        NodeLeases.Builder stored = NodeLeases.newBuilder();
        for (Lease lease : leases.values()) {
            stored.addLeases(TerminalLease.newBuilder()
                    .setTerminalId(lease.key.terminal())
                    .setUser(lease.user())
                    .setMode(lease.mode())
                    .setExpiresAtMillis(lease.expiresAtMillis));
        }
        return stored.build();
    }
}
