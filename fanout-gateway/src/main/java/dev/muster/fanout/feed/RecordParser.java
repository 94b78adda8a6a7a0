package dev.muster.fanout.feed;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what was polled into what a ring takes; leaves out, and counts, what cannot be parsed. Thread-safe. */
public final class RecordParser {
    private static final Logger log = LoggerFactory.getLogger(RecordParser.class);

    private final RecordReader reader;
    private final AtomicLong unreadable = new AtomicLong();

    public RecordParser(RecordReader reader) {
        this.reader = reader;
    }

    List<PartitionRing.Arrival> parse(List<ConsumerRecord<byte[], byte[]>> records) {
        List<PartitionRing.Arrival> arrivals = new ArrayList<>(records.size());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte @Nullable [] value = record.value();
            if (value != null) {
                try {
                    Message message = reader.parse(value);
                    arrivals.add(new PartitionRing.Arrival(
                            reader.keyOf(message), record.offset(), record.timestamp(), message, value.length));
                } catch (InvalidProtocolBufferException e) {
                    unreadable.incrementAndGet();
                    log.atDebug()
                            .addKeyValue("topic", record.topic())
                            .addKeyValue("partition", record.partition())
                            .addKeyValue("offset", record.offset())
                            .log("record cannot be parsed");
                }
            }
        }
        return arrivals;
    }

    /** Records left out so far. */
    long unreadable() {
        return unreadable.get();
    }
}
