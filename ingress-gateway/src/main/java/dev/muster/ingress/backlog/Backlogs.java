package dev.muster.ingress.backlog;

import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** The backlogs of all partitions of output. Thread-safe. */
public final class Backlogs {
    private static final Source UNLIMITED = new Source() {
        @Override
        public void stored(long offset, long recordBytes) {}

        @Override
        public boolean mayGoOn() {
            return true;
        }

        @Override
        public void awaitProgress(Runnable wake) {
            wake.run();
        }
    };

    private final BacklogLimits limits;
    private final List<PartitionBacklog> partitions;

    /** @param nanos a clock that never goes back */
    public Backlogs(BacklogLimits limits, int partitions, LongSupplier nanos) {
        this.limits = limits;
        this.partitions = Stream.generate(() -> new PartitionBacklog(limits, nanos))
                .limit(partitions)
                .toList();
    }

    /** Of a new stream that prints into the partition. */
    public Source source(int partition) {
        return limits.isUnlimited() ? UNLIMITED : partitions.get(partition).source();
    }

    /** Whether it is worth asking now how far the registry is: streams may have to wait for the answer. */
    public boolean isUrgent() {
        return partitions.stream().anyMatch(PartitionBacklog::isTight);
    }

    /** Whether it is worth asking now and then. */
    public boolean isOfInterest() {
        return partitions.stream().anyMatch(partition -> partition.bytes() > 0 || partition.isAway());
    }

    /**
     * The registry's progress was read.
     *
     * @param processed offset of the first unprocessed record, by partition; partitions without a known offset are left
     *     out
     */
    public void heard(Map<Integer, Long> processed) {
        for (int partition = 0; partition < partitions.size(); partition++) {
            partitions.get(partition).heard(processed.getOrDefault(partition, -1L));
        }
    }

    /** The unprocessed bytes for which streams may have to wait. */
    public long bytes() {
        return partitions.stream().mapToLong(PartitionBacklog::bytes).sum();
    }
}
