package dev.muster.fanout.log.ring;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.muster.contract.topics.BadRecords;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Turns polled records into entries for a ring. Unparsable records are skipped and counted. Thread-safe. */
public final class RecordParser {
    private final RecordReader reader;
    private final BadRecords unreadable = new BadRecords();

    public RecordParser(RecordReader reader) {
        this.reader = reader;
    }

    public List<PartitionRing.Arrival> parse(List<ConsumerRecord<byte[], byte[]>> records) {
        List<PartitionRing.Arrival> arrivals = new ArrayList<>(records.size());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte @Nullable [] value = record.value();
            if (value != null) {
                try {
                    Message message = reader.parse(value);
                    arrivals.add(new PartitionRing.Arrival(
                            reader.keyOf(message), record.offset(), record.timestamp(), message, value.length));
                } catch (InvalidProtocolBufferException e) {
                    unreadable.add(record, new IllegalArgumentException("not a protobuf of the topic", e));
                } catch (RuntimeException e) {
                    // a newer release may write what this one has no place for; all sessions wait for this thread
                    unreadable.add(record, e);
                }
            }
        }
        return arrivals;
    }

    /** Records left out so far. */
    public long unreadable() {
        return unreadable.count();
    }
}
