package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.records.v1.Disconnected;
import dev.muster.proto.records.v1.NodeEventRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class EventLogTest {
    private final EventLog log = new EventLog(1_000);

    @Test
    void only_events_that_the_broker_holds_without_a_hole_are_acknowledged() {
        append(1, 2, 3);
        EventLog.Sending first = next();
        EventLog.Sending second = next();
        EventLog.Sending third = next();
        log.stored(second);
        assertThat(log.storedTaskEvent()).isZero();
        log.stored(first);
        assertThat(log.storedTaskEvent()).isEqualTo(2);
        log.stored(third);
        assertThat(log.storedTaskEvent()).isEqualTo(3);
        assertThat(log.isEmpty()).isTrue();
    }

    @Test
    void after_a_failure_all_that_is_not_held_is_sent_again_in_order() throws Exception {
        append(1, 2, 3);
        log.stored(next());
        EventLog.Sending second = next();
        EventLog.Sending third = next();
        assertThat(log.failed(second)).isTrue();
        assertThat(log.failed(third)).isFalse();
        assertThat(numbers()).containsExactly(2L, 3L);
        assertThat(log.next()).isNull();
    }

    @Test
    void a_late_answer_of_an_earlier_sending_counts_for_nothing() {
        append(1, 2);
        EventLog.Sending first = next();
        EventLog.Sending second = next();
        log.failed(first);
        log.stored(second);
        assertThat(log.storedTaskEvent()).isZero();
        assertThat(log.size()).isEqualTo(2);
    }

    @Test
    void what_the_lane_refused_stays_first_in_line() throws Exception {
        append(1, 2);
        next();
        log.refused();
        assertThat(numbers()).containsExactly(1L, 2L);
    }

    @Test
    void a_full_log_takes_nothing_but_the_end() {
        while (log.append(event(1))) {
            // until it is full
        }
        assertThat(log.append(NodeEventRecord.newBuilder()
                        .setDisconnected(Disconnected.newBuilder().setReason("over"))
                        .build()))
                .isTrue();
    }

    private void append(long... numbers) {
        for (long number : numbers) {
            assertThat(log.append(event(number))).isTrue();
        }
    }

    private EventLog.Sending next() {
        return Objects.requireNonNull(log.next());
    }

    private List<Long> numbers() throws Exception {
        List<Long> numbers = new ArrayList<>();
        for (EventLog.Sending sending = log.next(); sending != null; sending = log.next()) {
            numbers.add(
                    NodeEventRecord.parseFrom(sending.value()).getTaskEvent().getNumber());
        }
        return numbers;
    }

    private static NodeEventRecord event(long number) {
        return NodeEventRecord.newBuilder()
                .setTaskEvent(TaskEvent.newBuilder().setNumber(number))
                .build();
    }
}
