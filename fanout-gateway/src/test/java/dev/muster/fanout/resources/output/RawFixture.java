package dev.muster.fanout.resources.output;

import com.google.protobuf.ByteString;
import dev.muster.fanout.output.Downloads;
import dev.muster.fanout.output.RawOutput;
import dev.muster.fanout.output.StdoutTopic;
import dev.muster.kit.process.Threads;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** One partition of the output topic, in memory, read through Kafka's own mock of a consumer. */
public final class RawFixture {
    private static final TopicPartition PARTITION = new TopicPartition("t.stdout", 0);
    private static final int RECORDS_PER_POLL = 7;

    private final List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
    volatile long firstOffset;
    volatile String topicId = "topic-1";
    volatile Duration retention = Duration.ofHours(1);
    /** Who may read at once, looked at when it starts. */
    volatile int readersMax = 2;

    volatile int perUserMax = 2;
    volatile int followersMax = 16;
    volatile int followersPerUserMax = 16;
    public volatile Duration time = Duration.ofMinutes(5);
    public volatile Duration silence = Duration.ofMinutes(5);
    /** Reading fails from this offset on. */
    volatile long brokenFrom = Long.MAX_VALUE;

    synchronized void append(String nodeId, OutputChunk... chunks) {
        byte[] value =
                OutputRecord.newBuilder().addAllChunks(List.of(chunks)).build().toByteArray();
        long offset = log.size();
        log.add(new ConsumerRecord<>(
                PARTITION.topic(),
                0,
                offset,
                1_000_000 + offset * 500,
                TimestampType.LOG_APPEND_TIME,
                0,
                value.length,
                nodeId.getBytes(StandardCharsets.UTF_8),
                value,
                new RecordHeaders(),
                Optional.empty()));
    }

    /** An index over the whole log, as the registry would answer. */
    public synchronized GetOutputIndexResponse index(long size, boolean ended) {
        GetOutputIndexResponse.Builder index = GetOutputIndexResponse.newBuilder()
                .setTopicId("topic-1")
                .setPartition(0)
                .setStartOffset(0)
                .setFirstOffset(0)
                .setLastOffset(log.size() - 1)
                .setStartedAtMillis(1_000_000)
                .setMark(Mark.newBuilder().setOffset(size).setMarkerNumber(ended ? 2 : 1));
        return ended ? index.setExit(Exit.newBuilder().setExitCode(3)).build() : index.build();
    }

    public RawOutput start(ExecutorService executor) {
        return new RawOutput(
                id -> CompletableFuture.completedFuture(
                        new StdoutTopic.Facts(topicId, retention, Map.of(0, firstOffset))),
                PARTITION.topic(),
                1,
                LogConsumer::new,
                executor,
                new Threads());
    }

    public Downloads.Limits limits() {
        return new Downloads.Limits(readersMax, perUserMax, followersMax, followersPerUserMax);
    }

    public Duration time() {
        return time;
    }

    public Duration silence() {
        return silence;
    }

    static OutputChunk data(String terminal, long offset, byte[] bytes) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setOffset(offset)
                .setMarkerNumber(1)
                .setData(ByteString.copyFrom(bytes))
                .build();
    }

    public static OutputChunk start(String terminal, Start start) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setMarkerNumber(1)
                .setMarker(Marker.newBuilder().setStart(start))
                .build();
    }

    static OutputChunk exit(String terminal, long offset, int code) {
        return OutputChunk.newBuilder()
                .setTerminalId(terminal)
                .setOffset(offset)
                .setMarkerNumber(2)
                .setMarker(Marker.newBuilder().setExit(Exit.newBuilder().setExitCode(code)))
                .build();
    }

    private final class LogConsumer extends MockConsumer<byte[], byte[]> {
        private long position;

        LogConsumer() {
            super("none");
        }

        @Override
        public synchronized void seek(TopicPartition partition, long offset) {
            position = offset;
        }

        @Override
        public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            synchronized (RawFixture.this) {
                if (position < firstOffset || position >= brokenFrom) {
                    throw new OffsetOutOfRangeException(Map.of(PARTITION, position));
                }
                int to = (int) Math.min(Math.min(log.size(), brokenFrom), position + RECORDS_PER_POLL);
                List<ConsumerRecord<byte[], byte[]>> records = List.copyOf(log.subList((int) position, to));
                position = to;
                return new ConsumerRecords<>(Map.of(PARTITION, records), Map.of());
            }
        }
    }
}
