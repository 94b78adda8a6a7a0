package dev.muster.registry.terminal;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.contract.errors.ErrorIds;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.WatchRecord;
import dev.muster.registry.streams.DeadLetters;
import dev.muster.registry.terminal.history.LiveTerminals;
import dev.muster.registry.terminal.history.RecordPosition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells records of the three inputs apart and passes them on. Its memory lasts from one {@code init} to the next. */
final class TerminalProcessor implements Processor<String, @Nullable Parsed<? extends Message>, String, Message> {
    private static final Logger LOG = LoggerFactory.getLogger(TerminalProcessor.class);

    private final String stdoutTopic;
    private final String nodesTopic;
    private final TerminalSettings settings;
    private final TopicId stdout;
    private final LogEnds ends;
    private final TerminalMetrics metrics;
    private final ErrorIds errorIds = new ErrorIds();

    private @Nullable Task task;
    /** Runs while a terminal waits: each time it fires there is a transaction. */
    private @Nullable Cancellable clock;

    /** What belongs to one life of a task. */
    private record Task(
            ProcessorContext<String, Message> context,
            LiveTerminals terminals,
            NodeWatches watches,
            OutputIntake intake,
            Incarnation incarnation,
            GapClock gapClock,
            LostOutput lost) {}

    TerminalProcessor(
            TopicNames names, TerminalSettings settings, TopicId stdout, LogEnds ends, TerminalMetrics metrics) {
        stdoutTopic = names.of(Topic.STDOUT);
        nodesTopic = names.of(Topic.NODES);
        this.settings = settings;
        this.stdout = stdout;
        this.ends = ends;
        this.metrics = metrics;
    }

    @Override
    public void init(ProcessorContext<String, Message> context) {
        KeyValueStore<Bytes, byte[]> store = context.getStateStore(TerminalTopology.STORE);
        LiveTerminals terminals = new LiveTerminals(store, settings.history(), settings.cachedTerminals());
        NodeWatches watches = new NodeWatches(terminals, settings.watch(), settings.cachedTerminals());
        Outbox outbox = new Outbox(context, metrics);
        OutputIntake intake = new OutputIntake(settings, terminals, watches, outbox, metrics);
        Incarnation incarnation = new Incarnation(stdout);
        GapClock gapClock = new GapClock(
                terminals.holes(), ends, incarnation, context.taskId().partition());
        LostOutput lost = new LostOutput(terminals, watches, intake, settings.silentMillisMax());
        stopClock();
        task = new Task(context, terminals, watches, intake, incarnation, gapClock, lost);
        setClock();
    }

    @Override
    public void close() {
        stopClock();
    }

    @Override
    public void process(Record<String, @Nullable Parsed<? extends Message>> record) {
        Task now = task();
        RecordMetadata source = now.context().recordMetadata().orElse(null);
        if (source == null) {
            throw new IllegalStateException("a record without a source");
        }
        if (!source.topic().equals(stdoutTopic)) {
            process(record, source, "");
            return;
        }
        String topicId = now.incarnation().of(source.offset());
        // it was read, whatever becomes of it
        now.terminals().holes().read(topicId, source.offset() + 1);
        try {
            process(record, source, topicId);
            now.gapClock().onRecord(record.timestamp());
            now.lost().onRecord();
        } finally {
            setClock();
        }
        trim();
    }

    /** @param topicId of the output; of other records none */
    private void process(
            Record<String, @Nullable Parsed<? extends Message>> record, RecordMetadata source, String topicId) {
        Task now = task();
        Parsed<? extends Message> value = record.value();
        String node = record.key();
        if (node == null || !LiveTerminals.isId(node)) {
            refuse(record, source, "bad-key");
            return;
        }
        try {
            if (value == null) {
                if (source.topic().equals(nodesTopic)) {
                    delete(node, record.timestamp());
                }
            } else if (value.message() == null) {
                refuse(record, source, value.problem() == null ? "not-readable" : value.problem());
            } else {
                take(node, value.message(), record, source, topicId);
            }
        } catch (RuntimeException e) {
            // half of a record may be in memory: the store counts, and what this record brought shows as a gap
            now.terminals().forget(node);
            now.watches().forget(node);
            throw e;
        }
        now.terminals().expireMarks(record.timestamp());
        trim();
    }

    private void onClock() {
        Task now = task();
        now.gapClock().onClock();
        now.lost().onClock();
        setClock();
        trim();
    }

    private void setClock() {
        Task now = task();
        if (now.terminals().holes().isEmpty()) {
            stopClock();
            now.gapClock().stop();
        } else if (clock == null) {
            clock = now.context().schedule(GapClock.STEP, PunctuationType.WALL_CLOCK_TIME, nowMillis -> onClock());
        }
    }

    private void stopClock() {
        Cancellable before = clock;
        if (before != null) {
            before.cancel();
            clock = null;
        }
    }

    private void trim() {
        task().terminals().trim();
        task().watches().trim();
    }

    private void take(
            String node,
            Message message,
            Record<String, @Nullable Parsed<? extends Message>> record,
            RecordMetadata source,
            String topicId) {
        if (message instanceof OutputRecord output && source.topic().equals(stdoutTopic)) {
            RecordPosition at = new RecordPosition(topicId, source.partition(), source.offset(), record.timestamp());
            String problem = task().intake().take(node, output, at);
            if (!problem.isEmpty()) {
                refuse(record, source, problem);
            }
        } else if (message instanceof WatchRecord watch) {
            String problem = task().intake().watch(node, watch, record.timestamp());
            if (!problem.isEmpty()) {
                refuse(record, source, problem);
            }
        } else if (message instanceof NodeRecord nodeRecord && nodeRecord.getDeleted()) {
            delete(node, record.timestamp());
        }
    }

    private void delete(String node, long atMillis) {
        task().terminals().delete(node, atMillis);
        task().watches().forget(node);
    }

    private void refuse(
            Record<String, @Nullable Parsed<? extends Message>> record, RecordMetadata source, String reason) {
        String errorId = errorIds.get();
        // the dead letter says the same, and there may be many
        LOG.atDebug()
                .addKeyValue("errorId", errorId)
                .addKeyValue("reason", reason)
                .addKeyValue("topic", source.topic())
                .addKeyValue("partition", source.partition())
                .addKeyValue("offset", source.offset())
                .log("record refused");
        metrics.deadLetter();
        Parsed<? extends Message> value = record.value();
        ByteString raw = value == null ? ByteString.EMPTY : value.raw();
        task().context()
                .forward(
                        new Record<>(
                                DeadLetters.key(source.topic(), source.partition()),
                                DeadLetters.of(source, reason, errorId, record.key(), raw),
                                record.timestamp()),
                        TerminalTopology.DLQ_SINK);
    }

    private Task task() {
        Task now = task;
        if (now == null) {
            throw new IllegalStateException("init was not called");
        }
        return now;
    }
}
