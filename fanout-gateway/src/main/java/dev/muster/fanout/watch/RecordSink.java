package dev.muster.fanout.watch;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Topic;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where records go; never waits. The future fails when the broker does not hold the record. */
public interface RecordSink {
    /** @param partition null: the key's */
    CompletableFuture<?> publish(Topic topic, @Nullable Integer partition, String key, Message value);
}
