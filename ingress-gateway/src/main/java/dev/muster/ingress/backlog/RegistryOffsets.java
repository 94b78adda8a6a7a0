package dev.muster.ingress.backlog;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the broker for the offset up to which the registry has committed output. It asks often while streams wait for
 * the registry, else once a second, and not at all while no output is outstanding.
 */
public final class RegistryOffsets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryOffsets.class);
    private static final long LOOK_MILLIS = 50;
    private static final int LOOKS_BETWEEN = 20;
    /** A question that is unanswered for this many looks counts as unanswerable. */
    private static final int LOOKS_WITHOUT_ANSWER = 100;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final Admin admin;
    private final String group;
    private final String topic;
    private final Backlogs backlogs;
    private final AtomicBoolean asking = new AtomicBoolean();
    private int looks;
    private volatile boolean failing;

    /**
     * @param admin closed with this
     * @param group in which the registry reads output
     */
    public RegistryOffsets(Admin admin, String group, String topic, Backlogs backlogs) {
        this.admin = admin;
        this.group = group;
        this.topic = topic;
        this.backlogs = backlogs;
    }

    public void start(ScheduledExecutorService timer) {
        var unused = timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        admin.close(CLOSE_TIMEOUT);
    }

    private void look() {
        try {
            ask();
        } catch (RuntimeException e) {
            // an exception here would end the schedule, and waiting streams would wait for ever
            answered(null, e);
        }
    }

    private void ask() {
        boolean due = backlogs.isUrgent() || (looks >= LOOKS_BETWEEN && backlogs.isOfInterest());
        looks++;
        if (asking.get() && looks >= LOOKS_WITHOUT_ANSWER) {
            looks = 0;
            answered(null, new TimeoutException("no answer"));
            return;
        }
        if (due && asking.compareAndSet(false, true)) {
            looks = 0;
            var unused = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .whenComplete(this::answered);
        }
    }

    private void answered(@Nullable Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable Throwable failure) {
        Map<Integer, Long> processed = new HashMap<>();
        try {
            collect(offsets, failure, processed);
        } finally {
            asking.set(false);
            backlogs.heard(processed);
        }
    }

    private void collect(
            @Nullable Map<TopicPartition, OffsetAndMetadata> offsets,
            @Nullable Throwable failure,
            Map<Integer, Long> processed) {
        if (offsets != null) {
            offsets.forEach((partition, offset) -> {
                if (offset != null && partition.topic().equals(topic)) {
                    processed.put(partition.partition(), offset.offset());
                }
            });
        }
        if (failing != (failure != null)) {
            failing = failure != null;
            LOG.atInfo()
                    .addKeyValue("group", group)
                    .addKeyValue("reason", failure)
                    .log(failing ? "cannot ask how far the registry is" : "asking again how far the registry is");
        }
    }
}
