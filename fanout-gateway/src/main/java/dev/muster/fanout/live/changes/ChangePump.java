package dev.muster.fanout.live.changes;

import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.host.AudiencePartitions;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.terminals.AttachSet;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.ViewRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns records of the views into frames of one session: each change once ({@link AudienceRule}), in order per node
 * ({@link VersionFloors}), joined to the snapshot ({@link SnapshotSeam}). A session that lags gets only the last of
 * several waiting changes of a node. It is told when that begins, and how many changes were skipped when it ends. Tasks
 * are never skipped. Confined to the session's context.
 */
final class ChangePump {
    private static final int WINDOW = 16;
    private static final int WINDOW_BYTES = 64 * 1024;
    /** How far ahead a lagging session looks for a newer change of the same node. */
    private static final int LAGGING_WINDOW = 1_024;

    private static final int LAGGING_WINDOW_BYTES = 4 << 20;

    private final SessionHost host;
    private final Set<String> audiences;
    private final ChangeTail tail;
    private final AttachSet attaches;
    private final VersionFloors floors = new VersionFloors();
    private @Nullable SnapshotSeam seam;
    private boolean lagging;
    private long conflated;
    private long sentSum;
    private long sentNanos;

    ChangePump(SessionHost host, Set<String> audiences, AttachSet attaches) {
        this.host = host;
        AudiencePartitions spread =
                host.context().spread(audiences, host.services().feed().partitions());
        this.audiences = spread.audiences();
        this.attaches = attaches;
        this.tail = new ChangeTail(host, spread);
    }

    ChangeTail tail() {
        return tail;
    }

    Set<String> audiences() {
        return audiences;
    }

    /** The session goes on at a token's position. */
    void resume(Map<Long, Long> floorsOfToken) {
        floors.resume(floorsOfToken, host.services().nanos().getAsLong());
    }

    /** What a token must say besides the positions. In one partition all is in order anyway. */
    Map<Long, Long> floors() {
        return tail.partitions().length == 1
                ? Map.of()
                : floors.recent(host.services().nanos().getAsLong());
    }

    /** A snapshot begins; what follows it is joined to it. */
    void joinTo(SnapshotSeam snapshot) {
        seam = snapshot;
        floors.clear();
    }

    /**
     * Adds what can be sent now.
     *
     * @return why there is a gap: records were passed over and a snapshot is needed; null: there is none
     */
    @Nullable
    String fill(Batch batch) {
        // records that are not for this session fill no frame, but must not end the turn either
        for (int reads = 0; batch.isEmpty(); reads++) {
            if (reads == Batch.READS_MAX) {
                host.waker().run();
                return null;
            }
            ChangeTail.Window window = lagging
                    ? tail.look(LAGGING_WINDOW, LAGGING_WINDOW_BYTES)
                    : tail.look(WINDOW, Math.min(WINDOW_BYTES, batch.bytesLeft()));
            switch (window.outcome()) {
                case LOST -> {
                    return window.gapReason();
                }
                case NONE -> {
                    // the records that are being read again for it are still to come
                    if (!tail.isCatchingUp()) {
                        caughtUp();
                    }
                    return null;
                }
                case SOME -> {
                    if (!lagging && (window.entries().size() == WINDOW || tail.isCatchingUp())) {
                        lagIfBehind();
                    }
                    take(window, batch);
                }
            }
        }
        dropSeamOnceBehind();
        return null;
    }

    private void take(ChangeTail.Window window, Batch batch) {
        @Nullable Map<String, Integer> latest = lagging ? latestOf(window.entries()) : null;
        int partition = tail.partitionOf(window);
        for (int i = 0; i < window.entries().size(); i++) {
            Entry entry = window.entries().get(i);
            if (batch.isFull()) {
                tail.advance(window, entry.offset());
                return;
            }
            tail.advance(window, entry.offset() + 1);
            boolean superseded = latest != null && latest.getOrDefault(((ViewRecord) entry.value()).getNodeId(), i) > i;
            deliver(partition, entry, superseded, batch);
        }
        tail.advance(window, window.next());
    }

    private boolean isInOrder(ViewRecord record) {
        return tail.partitions().length == 1
                || floors.admits(record, host.services().nanos().getAsLong());
    }

    // index of the last change of each node that this session gets
    private Map<String, Integer> latestOf(List<Entry> entries) {
        Map<String, Integer> latest = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            ViewRecord record = (ViewRecord) entries.get(i).value();
            if (!record.hasTask() && AudienceRule.of(record, audiences) != AudienceRule.Delivery.NOTHING) {
                latest.put(record.getNodeId(), i);
            }
        }
        return latest;
    }

    private void deliver(int partition, Entry entry, boolean superseded, Batch batch) {
        ViewRecord record = (ViewRecord) entry.value();
        AudienceRule.Delivery delivery = AudienceRule.of(record, audiences);
        if (delivery == AudienceRule.Delivery.NOTHING) {
            return;
        }
        if (record.hasTask()) {
            if (delivery == AudienceRule.Delivery.SHOW) {
                add(batch, entry, entry.bodies(0, () -> List.of(Frames.task(record.getTask()))));
                attaches.onTask(record.getNodeId(), record.getTask());
            }
            return;
        }
        boolean removed = delivery == AudienceRule.Delivery.REMOVE;
        if ((!removed && !record.hasNode())
                || (seam != null && seam.contains(record.getNodeId(), partition, entry.offset()))
                || !isInOrder(record)) {
            return;
        }
        if (superseded) {
            conflated++;
            host.services().metrics().accepted.increment();
            host.services().metrics().skipped.increment();
        }
        if (removed) {
            if (!superseded) {
                add(
                        batch,
                        entry,
                        entry.bodies(
                                7, () -> List.of(Frames.nodeRemoved(record.getNodeId(), record.getViewVersion()))));
            }
            // even if the node returns at once: its open terminals are closed
            attaches.onRemoved(record.getNodeId());
        } else {
            Role role = Snapshots.roleOf(host.user(), record.getNode());
            if (!superseded) {
                add(batch, entry, entry.bodies(role.getNumber(), () -> List.of(Frames.node(record.getNode(), role))));
            }
            attaches.onNode(record.getNode(), role);
        }
    }

    private void add(Batch batch, Entry entry, List<byte[]> bodies) {
        host.services().metrics().accepted.increment();
        batch.countRecord(entry.atMillis());
        String position = host.position();
        for (int i = 0; i < bodies.size(); i++) {
            batch.add(entry.whole(bodies.get(i), position, Frames::withPosition));
        }
        sentPosition();
    }

    private void dropSeamOnceBehind() {
        @Nullable SnapshotSeam joint = seam;
        if (joint != null) {
            boolean passed = true;
            long[] offsets = tail.offsets();
            for (int i = 0; i < offsets.length; i++) {
                passed &= joint.isBefore(tail.partitions()[i], offsets[i]);
            }
            if (passed) {
                seam = null;
            }
        }
    }

    // ---------------------------------------------------------------- lag

    private void lagIfBehind() {
        Lag lag = tail.lag();
        if (lag.records() >= host.services().limits().laggingRecords()) {
            lagging = true;
            host.services().metrics().laggings.increment();
            host.reply(Frames.lagging(lag.records(), lag.bytes(), secondsSince(lag)));
        }
    }

    private void caughtUp() {
        if (lagging) {
            lagging = false;
            long passedOver = conflated;
            conflated = 0;
            host.reply(Frames.withPosition(Frames.caughtUp(passedOver), host.position()));
            sentPosition();
        }
    }

    /**
     * Records the lag. Also advances the position of a client that was sent nothing for long: otherwise its token would
     * age.
     */
    void tick(Lag ofAttaches, long positionEveryNanos) {
        Lag lag = tail.lag().plus(ofAttaches);
        host.services().metrics().lag(lag, secondsSince(lag));
        long now = host.services().nanos().getAsLong();
        if (!lagging && lag.records() == 0 && now - sentNanos > positionEveryNanos) {
            if (tail.offsetsSum() == sentSum) {
                // records of others move the cursor only when somebody looks
                host.waker().run();
            } else {
                host.reply(Frames.withPosition(Frames.caughtUp(0), host.position()));
                sentPosition();
            }
        }
    }

    private double secondsSince(Lag lag) {
        return lag.sinceMillis() == 0 ? 0 : Math.max(0, host.services().clock().millis() - lag.sinceMillis()) / 1_000.0;
    }

    void sentPosition() {
        sentSum = tail.offsetsSum();
        sentNanos = host.services().nanos().getAsLong();
    }
}
