package dev.muster.fanout.watch;

import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Leases on terminal output. Upstream a lease belongs to (user, terminal, mode) and expires by itself. Here all
 * attaches of this gateway share it: it is renewed while one of them lives and ended with the last. Whatever happens to
 * this process, upstream work goes on for at most one lease. Thread-safe; guarded by its own lock. It also publishes
 * under that lock, which never waits. The log must have the same changes as the count, in the same order: otherwise the
 * end of one viewer's lease would end that of the next.
 */
public final class Watches {
    /** What a lease is on. */
    public record Target(String user, String nodeId, String terminalId, WatchMode mode) {}

    /**
     * @param watchId repeated by the answer in the user's output
     * @param published fails when the broker could not take it
     */
    public record Asked(String watchId, CompletableFuture<?> published) {}

    private static final class Lease {
        private String watchId = "";
        private int holders;
        private long renewedNanos;
    }

    private final RecordSink sink;
    private final String gatewayId;
    private final Supplier<String> ids;
    private final Duration life;
    private final LongSupplier nanos;
    private final Map<Target, Lease> leases = new HashMap<>();

    /**
     * @param gatewayId the holder's id; another gateway's holds stay when ours end
     * @param ids makes watch ids
     * @param life how long a lease lives upstream without renewal; renewed after a third of it
     */
    public Watches(RecordSink sink, String gatewayId, Supplier<String> ids, Duration life, LongSupplier nanos) {
        this.sink = sink;
        this.gatewayId = gatewayId;
        this.ids = ids;
        this.life = life;
        this.nanos = nanos;
    }

    /** Holds the lease, until {@link #release}, and asks for an answer of its own. */
    public Asked hold(Target target) {
        synchronized (leases) {
            leases.computeIfAbsent(target, t -> new Lease()).holders++;
            return ask(target);
        }
    }

    /** Asks again where no answer came. */
    public Asked ask(Target target) {
        String watchId = ids.get();
        synchronized (leases) {
            @Nullable Lease lease = leases.get(target);
            if (lease != null) {
                lease.watchId = watchId;
                lease.renewedNanos = nanos.getAsLong();
            }
            return new Asked(watchId, publish(target, watchId, life));
        }
    }

    public void release(Target target) {
        synchronized (leases) {
            @Nullable Lease lease = leases.get(target);
            if (lease == null || --lease.holders > 0) {
                return;
            }
            leases.remove(target);
            // if this is lost, the lease expires
            var unused = publish(target, lease.watchId, Duration.ZERO);
        }
    }

    /** Renews what is due. */
    public void tick() {
        long now = nanos.getAsLong();
        synchronized (leases) {
            leases.forEach((target, lease) -> {
                if (now - lease.renewedNanos >= life.toNanos() / 3) {
                    lease.renewedNanos = now;
                    // a refused one is due again after the next third
                    var unused = publish(target, lease.watchId, life);
                }
            });
        }
    }

    /** Leases held now. */
    public int size() {
        synchronized (leases) {
            return leases.size();
        }
    }

    private CompletableFuture<?> publish(Target target, String watchId, Duration lease) {
        return sink.publish(
                Topic.WATCHES,
                null,
                target.nodeId(),
                WatchRecord.newBuilder()
                        .setNodeId(target.nodeId())
                        .setTerminalId(target.terminalId())
                        .setUser(target.user())
                        .setMode(target.mode())
                        .setLeaseMillis(Math.toIntExact(lease.toMillis()))
                        .setWatchId(watchId)
                        .setGatewayId(gatewayId)
                        .build());
    }
}
