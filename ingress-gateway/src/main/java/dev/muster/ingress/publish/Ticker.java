package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.SourceKind;
import dev.muster.proto.records.v1.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes a tick into each partition of heartbeats whenever it is asked to. A partition whose last tick the broker has
 * not answered gets no tick, so that an absent broker does not find thousands of them on its return. The answers to
 * ticks also show that the broker is there.
 */
public final class Ticker {
    private final Lane lane;
    private final byte[] value;
    private final List<AtomicBoolean> unanswered = new ArrayList<>();

    public Ticker(Lane lane, int partitions, String gatewayId) {
        this.lane = lane;
        this.value = HeartbeatRecord.newBuilder()
                .setTick(Tick.newBuilder().setSource(gatewayId).setKind(SourceKind.SOURCE_KIND_INGRESS))
                .build()
                .toByteArray();
        for (int partition = 0; partition < partitions; partition++) {
            unanswered.add(new AtomicBoolean());
        }
    }

    public void tick() {
        for (int partition = 0; partition < unanswered.size(); partition++) {
            AtomicBoolean flag = unanswered.get(partition);
            if (flag.compareAndSet(false, true)
                    && !lane.offer(new Outgoing(Topic.HEARTBEATS, partition, null, value, new Answer(flag)))) {
                flag.set(false);
            }
        }
    }

    private record Answer(AtomicBoolean unanswered) implements Receipt {
        @Override
        public void stored(long offset) {
            unanswered.set(false);
        }

        @Override
        public void failed(boolean permanently) {
            unanswered.set(false);
        }
    }
}
