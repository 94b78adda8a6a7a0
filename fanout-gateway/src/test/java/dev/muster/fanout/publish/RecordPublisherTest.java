package dev.muster.fanout.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.CommandRecord;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordPublisherTest {
    private static final Node BROKER = new Node(0, "localhost", 1);
    private final MockProducer<byte[], byte[]> producer = new MockProducer<>(
            new Cluster(
                    "c",
                    List.of(BROKER),
                    List.of(new PartitionInfo("t.commands", 0, BROKER, new Node[] {BROKER}, new Node[] {BROKER})),
                    Set.of(),
                    Set.of()),
            false,
            null,
            new ByteArraySerializer(),
            new ByteArraySerializer());
    private volatile boolean broker = true;
    private RecordPublisher publisher = of(Topic.COMMANDS);

    private RecordPublisher of(Topic... topics) {
        return new RecordPublisher(
                producer, new TopicNames("t."), List.of(topics), 1_000, () -> broker, Runnable::run, new Threads());
    }

    @AfterEach
    void stop() {
        publisher.close(Duration.ofMillis(10));
    }

    @Test
    void a_record_is_done_when_the_broker_has_it() {
        start();

        CompletableFuture<?> done = publish();
        await().until(() -> producer.completeNext());

        assertThat(done).succeedsWithin(Duration.ofSeconds(5));
        assertThat(new String(producer.history().get(0).key(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("node");
        assertThat(new String(
                        producer.history().get(0).headers().lastHeader("schema").value(),
                        java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("muster.records.v1.CommandRecord");
        assertThat(producer.history().get(0).headers().lastHeader("content-type"))
                .isNotNull();
        assertThat(publisher.waitingBytes()).isZero();
    }

    @Test
    void a_topic_that_is_not_there_refuses_its_own_records_alone_and_is_named() {
        publisher = of(Topic.COMMANDS, Topic.AUDIT);
        publisher.start();

        await().until(() -> publisher.unknownTopics().equals(List.of("t.audit")));
        assertThat(publisher.ready()).isFalse();
        assertThat(publish()).isNotCompletedExceptionally();
        CompletableFuture<?> refused = publisher.publish(
                Topic.AUDIT, "", CommandRecord.newBuilder().setRequestId("r").build());
        assertUnavailable(refused);
        assertThatThrownBy(refused::join).hasMessageContaining("t.audit");
    }

    @Test
    void without_one_of_its_topics_it_is_not_ready() {
        publisher = of(Topic.COMMANDS, Topic.REVOCATIONS);
        publisher.start();

        await().until(() -> publisher.unknownTopics().equals(List.of("t.revocations")));
        assertThat(publisher.ready()).isFalse();
        assertThat(publish()).isNotCompletedExceptionally();
    }

    @Test
    void what_waits_is_bounded_in_bytes_and_room_comes_back() {
        start();
        for (int i = 0; i < 4; i++) {
            assertThat(publish()).isNotCompletedExceptionally();
        }

        assertUnavailable(publish());
        await().until(() -> producer.completeNext());

        assertThat(publish()).isNotCompletedExceptionally();
    }

    @Test
    void while_the_broker_is_away_nothing_is_taken() {
        assertUnavailable(publish());
        start();
        broker = false;

        assertUnavailable(publish());

        assertThat(publisher.waitingBytes()).isZero();
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void what_the_broker_refuses_fails_and_frees_its_room() {
        start();

        CompletableFuture<?> done = publish();
        await().until(() -> producer.errorNext(new TimeoutException("too late")));

        assertUnavailable(done);
        assertThat(publisher.waitingBytes()).isZero();
    }

    @Test
    void closing_sends_what_was_taken_and_takes_nothing_more() {
        start();
        var unused = publish();

        publisher.close(Duration.ofSeconds(5));

        assertThat(producer.history()).hasSize(1);
        assertThat(producer.closed()).isTrue();
        assertUnavailable(publish());
    }

    private void start() {
        publisher.start();
        await().until(publisher::ready);
    }

    private CompletableFuture<?> publish() {
        return publisher.publish(
                Topic.COMMANDS,
                "node",
                CommandRecord.newBuilder().setRequestId("r").build());
    }

    private static void assertUnavailable(CompletableFuture<?> done) {
        await().until(done::isDone);
        assertThatThrownBy(done::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }
}
