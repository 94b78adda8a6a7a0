package dev.muster.registry.streams;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** A record that has no time, which a foreign client can write, has the one before it. Kafka's own choice ends the stream thread. */
public final class AnyTimestamp implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        return Math.max(0, record.timestamp() < 0 ? partitionTime : record.timestamp());
    }
}
