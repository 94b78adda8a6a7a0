package dev.muster.fanout.testing;

import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.watch.RecordSink;
import dev.muster.proto.records.v1.InputRecord;
import dev.muster.proto.records.v1.WatchRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Remembers what was published, and fails on purpose when told to. Thread-safe. */
public final class RecordingSink implements RecordSink {
    /** What was published, and where. */
    public record Sent(Topic topic, @Nullable Integer partition, String key, Message value) {}

    private final List<Sent> all = new CopyOnWriteArrayList<>();
    private volatile boolean refusing;
    private volatile Consumer<WatchRecord> onWatch = watch -> {};

    @Override
    public CompletableFuture<?> publish(Topic topic, @Nullable Integer partition, String key, Message value) {
        if (refusing) {
            return CompletableFuture.failedFuture(new MusterException(ErrorCode.UNAVAILABLE, "refused on purpose"));
        }
        all.add(new Sent(topic, partition, key, value));
        if (value instanceof WatchRecord watch) {
            onWatch.accept(watch);
        }
        return CompletableFuture.completedFuture(null);
    }

    public void refuse(boolean now) {
        refusing = now;
    }

    /** What the registry does on a watch. */
    public void onWatch(Consumer<WatchRecord> reaction) {
        onWatch = reaction;
    }

    public List<Sent> all() {
        return all;
    }

    public List<WatchRecord> watches() {
        return all.stream()
                .filter(sent -> sent.topic() == Topic.WATCHES)
                .map(sent -> (WatchRecord) sent.value())
                .toList();
    }

    public List<InputRecord> inputs() {
        return all.stream()
                .filter(sent -> sent.topic() == Topic.INPUT)
                .map(sent -> (InputRecord) sent.value())
                .toList();
    }
}
