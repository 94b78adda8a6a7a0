package dev.muster.ingress.grpc;

import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Decides which refusals are written to the log: the first of a node and a code within some seconds, with the number of
 * those that were left out before it. So an agent that is refused a thousand times a second does not fill the disk.
 * Counters count all refusals. Thread-safe.
 */
final class RefusalLog {
    static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
    static final int KEPT_MAX = 10_000;

    private final LongSupplier nanos;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(long sinceNanos, long leftOut, boolean write) {}

    RefusalLog(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** How many of the same kind were left out before this one; empty when this one is left out too. */
    OptionalLong take(String node, String code) {
        long now = nanos.getAsLong();
        if (entries.size() >= KEPT_MAX) {
            entries.values().removeIf(entry -> now - entry.sinceNanos() > PAUSE_NANOS);
        }
        String key = node + "|" + code;
        if (entries.size() >= KEPT_MAX && !entries.containsKey(key)) {
            return OptionalLong.empty();
        }
        long[] before = {0};
        Entry entry = entries.compute(key, (same, old) -> {
            if (old == null) {
                return new Entry(now, 0, true);
            }
            if (now - old.sinceNanos() <= PAUSE_NANOS) {
                return new Entry(old.sinceNanos(), old.leftOut() + 1, false);
            }
            before[0] = old.leftOut();
            return new Entry(now, 0, true);
        });
        return entry.write() ? OptionalLong.of(before[0]) : OptionalLong.empty();
    }
}
