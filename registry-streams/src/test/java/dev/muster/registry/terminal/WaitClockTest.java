package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TOPIC_ID;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.Env;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedPunctuator;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

/** The clock of a task runs only while a terminal waits: each time it fires, Streams commits a transaction. */
class WaitClockTest {
    private static final TopicNames NAMES = new TopicNames("muster.");

    private final MockProcessorContext<String, Message> context = new MockProcessorContext<>();
    private final KeyValueStore<Bytes, byte[]> store = Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore(TerminalTopology.STORE), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    private final Processor<String, Parsed<? extends Message>, String, Message> processor = TerminalTopology.processor(
            NAMES,
            TerminalSettings.from(new Env(Map.of())),
            TopicId.of(TOPIC_ID),
            partition -> CompletableFuture.completedFuture(read()),
            new SimpleMeterRegistry());
    private long offset;

    WaitClockTest() {
        store.init(context.getStateStoreContext(), store);
        context.addStateStore(store);
        processor.init(context);
    }

    @Test
    void a_task_without_a_hole_has_no_clock() {
        output(start(), data(0, 1, "one\n"));
        output(data(4, 1, "two\n"));

        assertThat(context.scheduledPunctuators()).isEmpty();
    }

    @Test
    void it_runs_from_the_first_hole_to_the_last() {
        output(start(), data(0, 1, "one\n"));
        output(data(8, 1, "three\n"));
        output(data(8, 1, "three\n"));
        assertThat(running()).hasSize(1);
        tick(30);
        assertThat(running()).isEmpty();

        output(data(100, 1, "more\n"));
        assertThat(running()).hasSize(1);
    }

    @Test
    void a_task_that_begins_anew_has_one_if_somebody_waits() {
        output(start(), data(0, 1, "one\n"));
        output(data(8, 1, "three\n"));
        processor.init(context);
        assertThat(running()).hasSize(1);

        // the transaction in which the terminal began to wait was aborted
        try (var all = store.all()) {
            all.forEachRemaining(entry -> store.delete(entry.key));
        }
        processor.init(context);
        assertThat(running()).isEmpty();
        output(start(), data(0, 1, "one\n"));
        output(data(8, 1, "three\n"));
        assertThat(running()).hasSize(1);
        processor.close();
        assertThat(running()).isEmpty();
    }

    private long read() {
        return offset;
    }

    private List<CapturedPunctuator> running() {
        return context.scheduledPunctuators().stream()
                .filter(punctuator -> !punctuator.cancelled())
                .toList();
    }

    private void tick(int times) {
        for (int i = 0; i < times; i++) {
            for (CapturedPunctuator punctuator : running()) {
                punctuator.getPunctuator().punctuate(i);
            }
        }
    }

    private void output(OutputChunk... chunks) {
        context.setRecordMetadata(NAMES.of(Topic.STDOUT), 0, offset++);
        OutputRecord record = OutputRecord.newBuilder()
                .setInstanceId(AGENT)
                .addAllChunks(List.of(chunks))
                .build();
        processor.process(new Record<>(NODE, new Parsed<>(record, ByteString.EMPTY, null), 1_700_000_000_000L));
    }
}
