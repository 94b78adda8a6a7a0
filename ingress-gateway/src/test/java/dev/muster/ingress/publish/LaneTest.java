package dev.muster.ingress.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LaneTest {
    private static final LaneLimits LIMITS = new LaneLimits(10_000, 2_000, 500, 60_000);
    private static final Partitions PARTITIONS = new Partitions(8, 8, 4);

    private final List<String> answers = new CopyOnWriteArrayList<>();
    private final HeartbeatSlots heartbeats = new HeartbeatSlots(PARTITIONS, 1_000, 0, System::nanoTime);
    private @Nullable TestLane open;

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    @Test
    void records_leave_in_order_with_key_partition_and_headers() {
        TestLane test = lane(true);
        for (int i = 0; i < 20; i++) {
            test.lane().offer(record("r" + i, 10));
        }
        await().until(() -> answers.size() == 20);
        assertThat(answers).startsWith("stored r0", "stored r1").endsWith("stored r19");
        var first = test.producer().history().get(0);
        assertThat(first.topic()).isEqualTo("muster.stdout");
        assertThat(first.partition()).isEqualTo(3);
        assertThat(first.headers().lastHeader("schema").value())
                .asString(StandardCharsets.US_ASCII)
                .isEqualTo("muster.records.v1.OutputRecord");
        assertThat(test.lane().pendingBytes()).isZero();
        assertThat(test.lane().isHealthy()).isTrue();
    }

    @Test
    void a_caller_that_may_sends_by_itself_and_in_order_with_what_waits_in_line() {
        open = new TestLane(false, true, LIMITS, heartbeats);
        TestLane test = open;
        await().until(() -> test.lane().isWarm());
        test.lane().offer(record("r0", 744));
        assertThat(test.producer().history()).hasSize(1);
        test.lane().offer(record("r1", 744));
        assertThat(test.producer().history()).hasSize(2);
        // more than may be under way: from here on all wait in line, smaller ones as well
        for (int i = 2; i < 8; i++) {
            test.lane().offer(record("r" + i, i % 2 == 0 ? 744 : 10));
        }
        assertThat(test.producer().history()).hasSize(2);
        while (answers.size() < 8) {
            int before = answers.size();
            await().until(() -> test.producer().completeNext());
            await().until(() -> answers.size() > before);
        }
        assertThat(answers)
                .containsExactly(
                        "stored r0",
                        "stored r1",
                        "stored r2",
                        "stored r3",
                        "stored r4",
                        "stored r5",
                        "stored r6",
                        "stored r7");
        test.lane().offer(record("r8", 10));
        await().until(() -> test.producer().completeNext());
        assertThat(answers).endsWith("stored r8");
        assertThat(test.lane().pendingBytes()).isZero();
    }

    @Test
    void a_producer_that_throws_at_a_caller_is_replaced_and_the_record_is_not_lost() {
        open = new TestLane(true, true, LIMITS, heartbeats);
        TestLane test = open;
        await().until(() -> test.lane().isWarm());
        test.producer().sendException = new org.apache.kafka.common.KafkaException("broken");
        test.lane().offer(record("a", 10));
        await().until(() -> test.producers().size() == 2);
        await().until(() -> !answers.isEmpty());
        assertThat(test.producers().get(0).history()).isEmpty();
        assertThat(test.lane().pendingBytes()).isZero();
    }

    @Test
    void a_broker_that_never_answers_stops_the_lane_at_its_limits_and_offer_returns() {
        TestLane test = lane(false);
        int taken = 0;
        while (test.lane().offer(record("r" + taken, 744))) {
            taken++;
        }
        assertThat(taken).isEqualTo(10);
        assertThat(test.lane().pendingBytes()).isEqualTo(10_000);
        await().until(() -> test.producer().history().size() == 2);
        assertThat(test.lane().isHealthy()).isFalse();
        test.producer().completeNext();
        await().until(() -> test.producer().history().size() == 3);
        assertThat(answers).containsExactly("stored r0");
        assertThat(test.lane().offer(record("r10", 744))).isTrue();
    }

    @Test
    void a_failure_is_told_to_who_sent_the_record() {
        TestLane test = lane(false);
        test.lane().offer(record("a", 10));
        test.lane().offer(record("b", 10));
        await().until(() -> test.producer().history().size() == 2);
        test.producer().errorNext(new TimeoutException("expired"));
        test.producer().errorNext(new RecordTooLargeException());
        assertThat(answers).containsExactly("failed a", "failed for good b");
        assertThat(test.failures()).containsExactly("TimeoutException", "RecordTooLargeException");
        assertThat(test.lane().isHealthy()).isFalse();
    }

    @Test
    void a_producer_that_can_no_longer_be_used_is_replaced_and_later_records_get_through() {
        TestLane test = lane(false);
        test.lane().offer(record("a", 10));
        await().until(() -> test.producer().history().size() == 1);
        test.producer().errorNext(new ClusterAuthorizationException("no"));
        await().until(() -> test.producers().size() == 2);
        assertThat(test.producers().get(0).closed()).isTrue();
        test.lane().offer(record("b", 10));
        await().until(() -> test.producer().history().size() == 1);
        test.producer().completeNext();
        assertThat(answers).containsExactly("failed a", "stored b");
        assertThat(test.failures()).contains("replaced");
    }

    @Test
    void a_producer_that_throws_is_replaced_and_the_record_is_not_lost() {
        TestLane test = lane(true);
        test.producer().sendException = new org.apache.kafka.common.KafkaException("broken");
        test.lane().offer(record("a", 10));
        await().until(() -> test.producers().size() == 2);
        await().until(() -> !answers.isEmpty());
        assertThat(test.producers().get(0).history()).isEmpty();
    }

    @Test
    void what_nobody_wants_any_more_is_not_sent() {
        TestLane test = lane(true);
        test.lane().offer(new Outgoing(Topic.STDOUT, 0, null, new byte[1], new Receipt() {
            @Override
            public void stored(long offset) {
                answers.add("stored");
            }

            @Override
            public void failed(boolean permanently) {
                answers.add("unwanted");
            }

            @Override
            public boolean isWanted() {
                return false;
            }
        }));
        await().until(() -> !answers.isEmpty());
        assertThat(answers).containsExactly("unwanted");
        assertThat(test.producer().history()).isEmpty();
    }

    @Test
    void while_the_broker_is_away_only_the_newest_heartbeat_of_a_node_is_kept() {
        TestLane test = lane(false);
        test.lane().offer(record("blocks", 600));
        await().until(() -> test.producer().history().size() == 1);
        for (int i = 0; i < 1_000; i++) {
            heartbeats.put("nd_a", "ss_1", ("a" + i).getBytes(StandardCharsets.UTF_8));
            heartbeats.put("nd_b", "ss_2", ("b" + i).getBytes(StandardCharsets.UTF_8));
        }
        heartbeats.put("nd_c", "ss_3", "gone".getBytes(StandardCharsets.UTF_8));
        heartbeats.remove("nd_c", "ss_3");
        assertThat(heartbeats.bytes()).isEqualTo(8);
        test.producer().completeNext();
        await().until(() -> test.values(Topic.HEARTBEATS).size() == 2);
        assertThat(test.values(Topic.HEARTBEATS))
                .extracting(v -> new String(v, StandardCharsets.UTF_8))
                .containsExactly("a999", "b999");
    }

    @Test
    void heartbeats_are_bounded_in_bytes_over_all_nodes() {
        assertThat(heartbeats.put("nd_a", "ss", new byte[600])).isEqualTo(HeartbeatSlots.Put.QUEUED);
        assertThat(heartbeats.put("nd_b", "ss", new byte[600])).isEqualTo(HeartbeatSlots.Put.DROPPED);
        assertThat(heartbeats.put("nd_a", "ss", new byte[300])).isEqualTo(HeartbeatSlots.Put.REPLACED);
        assertThat(heartbeats.put("nd_b", "ss", new byte[600])).isEqualTo(HeartbeatSlots.Put.QUEUED);
        assertThat(heartbeats.bytes()).isEqualTo(900);
    }

    @Test
    void an_absent_broker_finds_one_tick_per_partition_on_its_return() {
        TestLane test = lane(false);
        Ticker ticker = new Ticker(test.lane(), 4, "gw_1");
        for (int i = 0; i < 100; i++) {
            ticker.tick();
        }
        await().until(() -> test.values(Topic.HEARTBEATS).size() == 4);
        assertThat(test.lane().pendingBytes()).isLessThan(2_000);
        for (int i = 0; i < 4; i++) {
            test.producer().completeNext();
        }
        ticker.tick();
        await().until(() -> test.values(Topic.HEARTBEATS).size() == 8);
        assertThat(test.producer().history()).extracting(r -> r.partition()).startsWith(0, 1, 2, 3);
    }

    private TestLane lane(boolean answering) {
        open = new TestLane(answering, LIMITS, heartbeats);
        return open;
    }

    private Outgoing record(String name, int bytes) {
        return new Outgoing(Topic.STDOUT, 3, new byte[0], new byte[bytes], new Receipt() {
            @Override
            public void stored(long offset) {
                answers.add("stored " + name);
            }

            @Override
            public void failed(boolean permanently) {
                answers.add((permanently ? "failed for good " : "failed ") + name);
            }
        });
    }
}
