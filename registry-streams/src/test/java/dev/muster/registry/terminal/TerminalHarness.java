package dev.muster.registry.terminal;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.ProtoSerde;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.Env;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.DeadLetter;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.TerminalLineRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/** The terminal app on a driver without a broker, with what it stored, sent and counted. */
final class TerminalHarness implements AutoCloseable {
    static final String NODE = "nd_1";
    static final String TERMINAL = "tk_1";
    static final String AGENT = "agent-1";
    static final String TOPIC_ID = "topic-id-1";

    private static final TopicNames NAMES = new TopicNames("muster.");

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    /** Bytes of keys and values that went to the store's changelog. */
    long changelogBytes;
    /** What a restore would find. */
    final TreeMap<Bytes, byte[]> changelog = new TreeMap<>();
    /** Whether the broker says where the log of output ends. */
    boolean logIsReachable = true;
    /** Records of output by which the log grows while nothing is read. */
    long unreadPerSecond;

    private final Path dir;
    private final TopologyTestDriver driver;
    private final TestInputTopic<String, byte[]> stdout;
    private final TestInputTopic<String, byte[]> watches;
    private final TestInputTopic<String, byte[]> nodes;
    private final TestOutputTopic<String, TerminalViewRecord> views;
    private final TestOutputTopic<String, TerminalLineRecord> lines;
    private final TestOutputTopic<String, DeadLetter> letters;
    private final TestOutputTopic<byte[], byte[]> logged;
    private final KeyValueStore<Bytes, byte[]> store;
    private final TerminalQueries queries;
    /** What records of output say of the distance of the agent's clock; null: nothing. */
    @Nullable
    Long clockOffset;

    /** Offset of the next record of output. */
    long logEnd;

    private long nowMillis = 1_700_000_000_000L;

    TerminalHarness() {
        this(Map.of());
    }

    TerminalHarness(Map<String, String> variables) {
        this(variables, TOPIC_ID, Map.of());
    }

    /** @param restored contents of the store at the start */
    TerminalHarness(Map<String, String> variables, String topicId, Map<Bytes, byte[]> restored) {
        this(variables, TopicId.of(topicId), restored);
    }

    /** @param topic asked for the id of the topic of output */
    TerminalHarness(Map<String, String> variables, TopicId topic, Map<Bytes, byte[]> restored) {
        try {
            dir = Files.createTempDirectory("terminals");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        Env env = new Env(variables);
        TerminalSettings settings = TerminalSettings.from(env);
        env.throwIfMistaken();
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, NAMES.application("terminal"));
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        driver = new TopologyTestDriver(
                TerminalTopology.build(NAMES, () -> {
                    var processor = TerminalTopology.processor(NAMES, settings, topic, partition -> end(), meters);
                    return restored.isEmpty() ? processor : new Restored(processor, restored);
                }),
                properties,
                Instant.ofEpochMilli(nowMillis));
        stdout = input(Topic.STDOUT);
        watches = input(Topic.WATCHES);
        nodes = input(Topic.NODES);
        views = output(Topic.VIEW_TERMINALS, new ProtoSerde<>(TerminalViewRecord.parser()));
        lines = output(Topic.TERMINAL_LINES, new ProtoSerde<>(TerminalLineRecord.parser()));
        letters = output(Topic.DLQ, new ProtoSerde<>(DeadLetter.parser()));
        logged = driver.createOutputTopic(
                NAMES.application("terminal") + "-" + TerminalTopology.STORE + "-changelog",
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        store = driver.getKeyValueStore(TerminalTopology.STORE);
        changelog.putAll(restored);
        drainChangelog();
        changelogBytes = 0;
        queries = new TerminalQueries(new Partitions(8, 8, 4), partition -> store);
    }

    private TestInputTopic<String, byte[]> input(Topic topic) {
        return driver.createInputTopic(NAMES.of(topic), new StringSerializer(), new ByteArraySerializer());
    }

    private <T extends Message> TestOutputTopic<String, T> output(Topic topic, ProtoSerde<T> serde) {
        return driver.createOutputTopic(NAMES.of(topic), new StringDeserializer(), serde.deserializer());
    }

    /** Has in its store what was there before, when it begins. */
    private record Restored(
            Processor<String, Parsed<? extends Message>, String, Message> processor, Map<Bytes, byte[]> contents)
            implements Processor<String, Parsed<? extends Message>, String, Message> {
        @Override
        public void init(ProcessorContext<String, Message> context) {
            KeyValueStore<Bytes, byte[]> store = context.getStateStore(TerminalTopology.STORE);
            contents.forEach(store::put);
            processor.init(context);
        }

        @Override
        public void process(Record<String, Parsed<? extends Message>> record) {
            processor.process(record);
        }

        @Override
        public void close() {
            processor.close();
        }
    }

    TerminalReader queries() {
        return new TerminalReader(queries);
    }

    /** Reads the same store, with something that happens before each get: what a thread beside this one could do. */
    TerminalReader queries(Runnable beforeEachGet) {
        ReadOnlyKeyValueStore<Bytes, byte[]> watched = new ReadOnlyKeyValueStore<>() {
            @Override
            public byte @Nullable [] get(Bytes key) {
                beforeEachGet.run();
                return store.get(key);
            }

            @Override
            public KeyValueIterator<Bytes, byte[]> range(Bytes from, Bytes to) {
                throw new UnsupportedOperationException();
            }

            @Override
            public KeyValueIterator<Bytes, byte[]> all() {
                throw new UnsupportedOperationException();
            }

            @Override
            public long approximateNumEntries() {
                throw new UnsupportedOperationException();
            }
        };
        return new TerminalReader(new TerminalQueries(new Partitions(8, 8, 4), partition -> watched));
    }

    private CompletionStage<Long> end() {
        return logIsReachable
                ? CompletableFuture.completedFuture(logEnd)
                : CompletableFuture.failedFuture(new TimeoutException("the broker is away"));
    }

    /** Nothing comes for so long, in which the app runs. */
    void quiet(long millis) {
        for (long left = millis; left > 0; left -= 1_000) {
            nowMillis += Math.min(1_000, left);
            logEnd += unreadPerSecond;
            driver.advanceWallClockTime(Duration.ofMillis(Math.min(1_000, left)));
        }
        drainChangelog();
    }

    /** The app is held up for so long, and nothing was read. */
    void pause(long millis) {
        nowMillis += millis;
        driver.advanceWallClockTime(Duration.ofMillis(millis));
        drainChangelog();
    }

    /** Changes what is stored, behind the app's back. */
    void put(Bytes key, byte[] value) {
        store.put(key, value);
        drainChangelog();
    }

    /** The log's time. */
    long now() {
        return nowMillis;
    }

    /** Moves log time on. */
    void pass(long millis) {
        nowMillis += millis;
    }

    void output(OutputChunk... chunks) {
        outputOf(NODE, AGENT, Arrays.asList(chunks));
    }

    void outputOf(String node, String instance, List<OutputChunk> chunks) {
        OutputRecord.Builder record = OutputRecord.newBuilder()
                .setSessionId("ss_1")
                .setInstanceId(instance)
                .addAllChunks(chunks);
        if (clockOffset != null) {
            record.setClockOffsetMillis(clockOffset);
        }
        stdoutBytes(node, record.build().toByteArray());
    }

    void stdoutBytes(String node, byte[] value) {
        logEnd++;
        stdout.pipeInput(node, value, Instant.ofEpochMilli(nowMillis));
        drainChangelog();
    }

    void watch(String user, String terminal, WatchMode mode, int millis, String watchId) {
        watch("gw_1", user, terminal, mode, millis, watchId);
    }

    void watch(String gateway, String user, String terminal, WatchMode mode, int millis, String watchId) {
        WatchRecord record = WatchRecord.newBuilder()
                .setNodeId(NODE)
                .setTerminalId(terminal)
                .setUser(user)
                .setMode(mode)
                .setLeaseMillis(millis)
                .setWatchId(watchId)
                .setGatewayId(gateway)
                .build();
        watches.pipeInput(NODE, record.toByteArray(), Instant.ofEpochMilli(nowMillis));
        drainChangelog();
    }

    void watchBytes(byte[] value) {
        watches.pipeInput(NODE, value, Instant.ofEpochMilli(nowMillis));
        drainChangelog();
    }

    void node(String node, @Nullable NodeRecord record) {
        nodes.pipeInput(node, record == null ? null : record.toByteArray(), Instant.ofEpochMilli(nowMillis));
        drainChangelog();
    }

    private void drainChangelog() {
        for (TestRecord<byte[], byte[]> record : logged.readRecordsToList()) {
            changelogBytes += record.key().length;
            if (record.value() == null) {
                changelog.remove(Bytes.wrap(record.key()));
            } else {
                changelogBytes += record.value().length;
                changelog.put(Bytes.wrap(record.key()), record.value());
            }
        }
    }

    List<TerminalViewRecord> views() {
        return views.readValuesToList();
    }

    /** A line that was published, without the record that it came in. */
    record PublishedLine(String node, String terminal, long number, String text, long atMillis, boolean continued) {}

    List<TerminalLineRecord> publishedRecords() {
        return lines.readValuesToList();
    }

    List<PublishedLine> publishedLines() {
        List<PublishedLine> all = new ArrayList<>();
        for (TerminalLineRecord record : publishedRecords()) {
            int last = record.getTextCount() - 1;
            for (int i = 0; i <= last; i++) {
                all.add(new PublishedLine(
                        record.getNodeId(),
                        record.getTerminalId(),
                        record.getNumber() + i,
                        record.getText(i),
                        record.getAtMillisCount() == 0 ? 0 : record.getAtMillis(i),
                        i == last && record.getContinued()));
            }
        }
        return all;
    }

    List<DeadLetter> letters() {
        return letters.readValuesToList();
    }

    /** All lines of a terminal, from the first that is kept. */
    List<String> history(String terminal) {
        return lines(terminal).stream().map(Line::getText).toList();
    }

    private List<Line> lines(String terminal) {
        List<Line> all = new ArrayList<>();
        long next = 0;
        while (true) {
            TerminalHistory page = queries()
                    .readHistory(ReadHistoryRequest.newBuilder()
                            .setNodeId(NODE)
                            .setTerminalId(terminal)
                            .setLines(10_000)
                            .setAfter(next)
                            .build())
                    .getTerminals(0);
            all.addAll(page.getLinesList());
            if (page.getLinesCount() == 0) {
                return all;
            }
            next = page.getLines(page.getLinesCount() - 1).getNumber() + 1;
        }
    }

    List<String> history() {
        return history(TERMINAL);
    }

    /** The times of all lines of a terminal, from the first that is kept; 0 where there is none. */
    List<Long> times(String terminal) {
        List<Long> all = new ArrayList<>();
        lines(terminal).forEach(line -> all.add(line.getAtMillis()));
        return all;
    }

    TerminalHistory page(ReadHistoryRequest.Builder request) {
        return queries()
                .readHistory(request.setNodeId(NODE).setTerminalId(TERMINAL).build())
                .getTerminals(0);
    }

    static List<String> texts(TerminalHistory history) {
        return history.getLinesList().stream().map(Line::getText).toList();
    }

    /** The store's contents. */
    SortedMap<Bytes, byte[]> contents() {
        SortedMap<Bytes, byte[]> contents = new TreeMap<>();
        try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
            while (all.hasNext()) {
                KeyValue<Bytes, byte[]> entry = all.next();
                contents.put(entry.key, entry.value);
            }
        }
        return contents;
    }

    Map<String, Double> counters() {
        Map<String, Double> counters = new HashMap<>();
        meters.getMeters()
                .forEach(meter -> counters.put(
                        meter.getId().getName().replace("muster.terminal.", "")
                                + (meter.getId().getTag("outcome") == null
                                        ? ""
                                        : ":" + meter.getId().getTag("outcome")),
                        meter.measure().iterator().next().getValue()));
        return counters;
    }

    static OutputChunk data(long offset, long marker, String text) {
        return data(offset, marker, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Data that the agent read at a time by its own clock. */
    static OutputChunk data(long offset, long marker, String text, long readAtMillis) {
        return data(offset, marker, text).toBuilder()
                .setReadAtMillis(readAtMillis)
                .build();
    }

    static OutputChunk data(long offset, long marker, byte[] bytes) {
        return OutputChunk.newBuilder()
                .setTerminalId(TERMINAL)
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setData(ByteString.copyFrom(bytes))
                .build();
    }

    static OutputChunk start() {
        return marker(0, 1, Marker.newBuilder().setStart(Start.getDefaultInstance()));
    }

    static OutputChunk startPty(int cols, int rows) {
        return marker(0, 1, Marker.newBuilder().setStart(Start.newBuilder().setPty(size(cols, rows))));
    }

    static OutputChunk resize(long offset, long number, int cols, int rows) {
        return marker(offset, number, Marker.newBuilder().setResize(size(cols, rows)));
    }

    static OutputChunk gap(long offset, long number, long bytes) {
        return marker(
                offset, number, Marker.newBuilder().setGap(Gap.newBuilder().setBytes(bytes)));
    }

    static OutputChunk exit(long offset, long number, int code) {
        return marker(
                offset, number, Marker.newBuilder().setExit(Exit.newBuilder().setExitCode(code)));
    }

    private static OutputChunk marker(long offset, long number, Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setTerminalId(TERMINAL)
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker)
                .build();
    }

    private static WindowSize size(int cols, int rows) {
        return WindowSize.newBuilder().setCols(cols).setRows(rows).build();
    }

    @Override
    public void close() {
        driver.close();
        try (Stream<Path> paths = Files.walk(dir)) {
            paths.sorted(Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
