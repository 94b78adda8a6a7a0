package dev.muster.fanout.publish;

import dev.muster.kit.process.Threads;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether the brokers answer: it asks them for the cluster's id repeatedly, the next time only after the last
 * answer or its timeout. So an absent broker is known before a request waits for it. Thread-safe.
 */
public final class BrokerProbe implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerProbe.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration TIMEOUT = Duration.ofMillis(1_500);

    private final Admin admin;
    private final LongSupplier nanos;
    private final ScheduledExecutorService scheduler;
    private volatile boolean answers;
    private volatile OptionalLong heardNanos = OptionalLong.empty();

    /**
     * @param admin not closed here
     * @param nanos a clock that only goes forward
     */
    public BrokerProbe(Admin admin, LongSupplier nanos, Threads threads) {
        this.admin = admin;
        this.nanos = nanos;
        this.scheduler = threads.timer("fanout-broker-probe");
    }

    public void start() {
        scheduler.execute(this::ask);
    }

    public boolean answers() {
        return answers;
    }

    /** How long ago a broker answered; empty: never. */
    public OptionalLong heardMillisAgo() {
        OptionalLong at = heardNanos;
        return at.isEmpty()
                ? at
                : OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanos.getAsLong() - at.getAsLong())));
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }

    private void ask() {
        try {
            var unused = admin.describeCluster(new DescribeClusterOptions().timeoutMs((int) TIMEOUT.toMillis()))
                    .clusterId()
                    .whenComplete((id, error) -> answered(error));
        } catch (RuntimeException e) {
            answered(e);
        }
    }

    private void answered(@Nullable Throwable error) {
        boolean now = error == null;
        if (now) {
            heardNanos = OptionalLong.of(nanos.getAsLong());
        }
        if (answers != now) {
            answers = now;
            if (now) {
                LOG.atInfo().log("the broker answers");
            } else {
                LOG.atWarn().addKeyValue("reason", String.valueOf(error)).log("the broker does not answer");
            }
        }
        try {
            var unused = scheduler.schedule(this::ask, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.RejectedExecutionException e) {
            // closed meanwhile
        }
    }
}
