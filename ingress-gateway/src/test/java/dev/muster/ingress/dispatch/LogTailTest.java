package dev.muster.ingress.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.contract.topics.BadRecords;
import dev.muster.kit.process.Threads;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LogTailTest {
    private final Threads threads = new Threads();
    private final BadRecords unusable = new BadRecords();
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private final List<MockConsumer<byte[], byte[]>> consumers = new CopyOnWriteArrayList<>();
    private final List<String> handled = new CopyOnWriteArrayList<>();
    private @Nullable LogTail open;

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    @Test
    void from_the_beginning_it_is_ready_when_all_that_was_there_has_been_handled() {
        LogTail tail = tail(LogTail.From.BEGINNING, 2);
        await().until(() -> consumers.size() == 1);
        assertThat(tail.ready()).isNotDone();
        add(0, "a");
        await().until(() -> handled.size() == 1);
        assertThat(tail.ready()).isNotDone();
        add(1, "b");
        await().until(() -> tail.ready().isDone());
        assertThat(handled).containsExactly("a", "b");
    }

    @Test
    void from_the_end_it_is_ready_when_positioned_and_hears_only_what_comes() {
        LogTail tail = tail(LogTail.From.END, 5);
        await().until(() -> tail.ready().isDone());
        add(5, "new");
        await().until(() -> !handled.isEmpty());
        assertThat(handled).containsExactly("new");
    }

    @Test
    void a_record_that_cannot_be_handled_is_passed_over() {
        LogTail tail = tail(LogTail.From.END, 0);
        await().until(() -> tail.ready().isDone());
        add(0, "bad");
        add(1, "good");
        await().until(() -> handled.contains("good"));
        assertThat(unusable.count()).isEqualTo(1);
    }

    @Test
    void a_consumer_that_fails_is_replaced_and_nothing_is_missed_or_repeated() {
        LogTail tail = tail(LogTail.From.END, 0);
        await().until(() -> tail.ready().isDone());
        add(0, "a");
        await().until(() -> handled.size() == 1);
        consumers.get(0).setPollException(new KafkaException("broken"));
        await().until(() ->
                consumers.size() == 2 && consumers.get(1).assignment().size() == 1);
        await().until(() -> consumers.get(1).position(PARTITION) == 1);
        add(1, "b");
        await().until(() -> handled.size() == 2);
        assertThat(handled).containsExactly("a", "b");
        assertThat(consumers.get(0).closed()).isTrue();
    }

    private LogTail tail(LogTail.From from, long end) {
        open = new LogTail(
                "test",
                List.of(PARTITION),
                from,
                () -> {
                    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
                    consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
                    consumer.updateEndOffsets(Map.of(PARTITION, end));
                    consumers.add(consumer);
                    return consumer;
                },
                unusable,
                record -> {
                    String value = new String(record.value(), StandardCharsets.UTF_8);
                    if (value.equals("bad")) {
                        throw new IllegalArgumentException("bad");
                    }
                    handled.add(value);
                },
                threads);
        open.start();
        return open;
    }

    private void add(long offset, String value) {
        MockConsumer<byte[], byte[]> consumer = consumers.get(consumers.size() - 1);
        await().until(() -> consumer.assignment().contains(PARTITION));
        consumer.addRecord(new ConsumerRecord<>("t", 0, offset, new byte[0], value.getBytes(StandardCharsets.UTF_8)));
    }
}
