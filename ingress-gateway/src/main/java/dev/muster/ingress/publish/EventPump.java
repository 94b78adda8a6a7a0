package dev.muster.ingress.publish;

import dev.muster.contract.topics.Topic;
import dev.muster.ingress.metrics.IngressMetrics;
import dev.muster.ingress.session.EventLog;
import dev.muster.proto.records.v1.NodeEventRecord;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Publishes the events of one session in order, and repeats them until the broker holds them. After the session's end
 * it repeats them only for a while. Confined to the session's context.
 */
public final class EventPump {
    private static final long RETRY_MILLIS = 1_000;
    private static final int RETRIES_AFTER_END = 60;

    /** What all pumps share. */
    public record Shared(Lane lane, ScheduledExecutorService timer, IngressMetrics metrics) {}

    private final Shared shared;
    private final String nodeId;
    private final int partition;
    private final EventLog log;
    private final Executor context;
    private final LongConsumer onTaskEventsStored;
    private boolean waiting;
    private boolean ended;
    private int retriesLeft = RETRIES_AFTER_END;
    private long told;

    /**
     * @param context the session's
     * @param onTaskEventsStored told, in the context, up to which number the broker holds every task event
     */
    public EventPump(
            Shared shared,
            String nodeId,
            int partition,
            EventLog log,
            Executor context,
            LongConsumer onTaskEventsStored) {
        this.shared = shared;
        this.nodeId = nodeId;
        this.partition = partition;
        this.log = log;
        this.context = context;
        this.onTaskEventsStored = onTaskEventsStored;
    }

    /** False when too much waits for the broker already. */
    public boolean publish(NodeEventRecord event) {
        if (!log.append(event)) {
            return false;
        }
        ended |= event.hasDisconnected();
        pump();
        return true;
    }

    private void pump() {
        if (waiting) {
            return;
        }
        for (EventLog.Sending sending = log.next(); sending != null; sending = log.next()) {
            if (!shared.lane()
                    .offer(Outgoing.ofNode(
                            Topic.NODE_EVENTS, partition, nodeId, sending.value(), new Answer(sending)))) {
                log.refused();
                retryLater();
                return;
            }
        }
    }

    private void retryLater() {
        if (waiting) {
            return;
        }
        if (ended && retriesLeft-- == 0) {
            for (int i = 0; i < log.size(); i++) {
                shared.metrics().event("dropped");
            }
            return;
        }
        waiting = true;
        shared.metrics().event("retried");
        var unused = shared.timer()
                .schedule(
                        () -> context.execute(() -> {
                            waiting = false;
                            pump();
                        }),
                        RETRY_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private void stored(EventLog.Sending sending) {
        shared.metrics().event("stored");
        log.stored(sending);
        if (log.storedTaskEvent() > told) {
            told = log.storedTaskEvent();
            onTaskEventsStored.accept(told);
        }
    }

    private void failed(EventLog.Sending sending) {
        if (log.failed(sending)) {
            retryLater();
        }
    }

    private final class Answer implements Receipt {
        private final EventLog.Sending sending;

        private Answer(EventLog.Sending sending) {
            this.sending = sending;
        }

        @Override
        public void stored(long offset) {
            context.execute(() -> EventPump.this.stored(sending));
        }

        @Override
        public void failed(boolean permanently) {
            context.execute(() -> EventPump.this.failed(sending));
        }
    }
}
