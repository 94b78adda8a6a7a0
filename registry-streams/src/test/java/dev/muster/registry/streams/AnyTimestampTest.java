package dev.muster.registry.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AnyTimestampTest {
    @ParameterizedTest
    @CsvSource({"5, 9, 5", "0, 9, 0", "-1, 9, 9", "-1, -1, 0", "-9223372036854775808, -1, 0"})
    void a_record_without_a_time_has_that_of_the_partition(long timestamp, long partitionTime, long expected) {
        ConsumerRecord<Object, Object> record = new ConsumerRecord<>(
                "t", 0, 0, timestamp, TimestampType.CREATE_TIME, 0, 0, "", "", new RecordHeaders(), Optional.empty());
        assertThat(new AnyTimestamp().extract(record, partitionTime)).isEqualTo(expected);
    }
}
