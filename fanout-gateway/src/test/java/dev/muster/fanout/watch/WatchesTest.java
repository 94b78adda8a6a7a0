package dev.muster.fanout.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WatchesTest {
    private static final Watches.Target TARGET = new Watches.Target("alice", "nd_1", "tk_1", WatchMode.WATCH_MODE_TEXT);

    private final List<WatchRecord> log = new CopyOnWriteArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger ids = new AtomicInteger();
    private volatile Runnable beforeAnEnd = () -> {};
    private final Watches watches =
            new Watches(this::publish, "gw_1", () -> "wt_" + ids.incrementAndGet(), Duration.ofSeconds(30), nanos::get);

    @Test
    void who_attaches_while_another_detaches_is_not_left_without_a_lease() throws Exception {
        watches.hold(TARGET);
        Thread next = new Thread(() -> watches.hold(TARGET));
        beforeAnEnd = () -> {
            next.start();
            // it is through, or it waits until the end is in the log
            await().until(() -> !next.isAlive() || next.getState() == Thread.State.BLOCKED);
        };

        watches.release(TARGET);
        next.join();

        assertThat(log).extracting(WatchRecord::getLeaseMillis).containsExactly(30_000, 0, 30_000);
        assertThat(watches.size()).isEqualTo(1);
    }

    @Test
    void a_lease_ends_with_its_last_holder() {
        watches.hold(TARGET);
        watches.hold(TARGET);

        watches.release(TARGET);
        assertThat(log).extracting(WatchRecord::getLeaseMillis).containsExactly(30_000, 30_000);
        watches.release(TARGET);

        assertThat(log).extracting(WatchRecord::getLeaseMillis).containsExactly(30_000, 30_000, 0);
        assertThat(log).extracting(WatchRecord::getWatchId).containsExactly("wt_1", "wt_2", "wt_2");
        assertThat(watches.size()).isZero();
    }

    @Test
    void a_lease_is_renewed_after_a_third_of_its_life() {
        watches.hold(TARGET);
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        watches.tick();
        assertThat(log).hasSize(1);

        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        watches.tick();
        watches.tick();

        assertThat(log).extracting(WatchRecord::getLeaseMillis).containsExactly(30_000, 30_000);
    }

    private CompletableFuture<?> publish(Topic topic, @Nullable Integer partition, String key, Message value) {
        WatchRecord record = (WatchRecord) value;
        if (record.getLeaseMillis() == 0) {
            beforeAnEnd.run();
        }
        log.add(record);
        return CompletableFuture.completedFuture(null);
    }
}
