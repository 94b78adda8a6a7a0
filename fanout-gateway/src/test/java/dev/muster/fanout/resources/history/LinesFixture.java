package dev.muster.fanout.resources.history;

import dev.muster.contract.topics.Partitions;
import dev.muster.fanout.auth.UserKey;
import dev.muster.fanout.lines.LinesConfig;
import dev.muster.fanout.lines.LinesLog;
import dev.muster.fanout.lines.NewLines;
import dev.muster.fanout.log.tokens.ClusterIdentity;
import dev.muster.fanout.testing.MemoryConsumer;
import dev.muster.fanout.testing.MemoryTopic;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;

/** The topic of lines, in memory. */
public final class LinesFixture implements LinesLog {
    public static final Partitions PARTITIONS = new Partitions(3, 2, 1);

    final MemoryTopic topic = new MemoryTopic("t.terminal-lines", PARTITIONS.node(), PARTITIONS::ofNode);
    final AtomicBoolean away = new AtomicBoolean();
    volatile String topicId = "topic-1";
    volatile long readBytesMax = 8 << 20;
    volatile Runnable beforeFacts = () -> {};
    volatile Duration readTime = Duration.ofSeconds(60);

    void print(String nodeId, String terminal, long number, String... lines) {
        topic.append(nodeId, record(nodeId, terminal, number, lines).build());
    }

    static TerminalLineRecord.Builder record(String nodeId, String terminal, long number, String... lines) {
        return TerminalLineRecord.newBuilder()
                .setNodeId(nodeId)
                .setTerminalId(terminal)
                .setNumber(number)
                .addAllText(List.of(lines));
    }

    void recreate() {
        topic.makeAnew();
        topicId = "topic-2";
    }

    /** @param key of the gateway */
    public NewLines start(UserKey key, ExecutorService executor) {
        return new NewLines(
                this,
                topic.name(),
                PARTITIONS,
                new LinesConfig(2, new LinesConfig.Budget(readBytesMax, readTime)),
                key.derive("line cursors"),
                () -> new MemoryConsumer(topic, away),
                executor,
                new Threads());
    }

    @Override
    public CompletableFuture<Facts> facts(Collection<Integer> partitions) {
        beforeFacts.run();
        return identity().thenApply(identity -> {
            Map<Integer, Span> spans = new TreeMap<>();
            partitions.forEach(each -> spans.put(each, new Span(topic.beginning(each), topic.end(each))));
            return new Facts(identity, spans);
        });
    }

    @Override
    public CompletableFuture<ClusterIdentity> identity() {
        return away.get()
                ? CompletableFuture.failedFuture(new dev.muster.contract.errors.MusterException(
                        dev.muster.contract.errors.ErrorCode.UNAVAILABLE, "The broker does not answer now."))
                : CompletableFuture.completedFuture(new ClusterIdentity("cluster", topicId));
    }
}
