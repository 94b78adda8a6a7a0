package dev.muster.ingress.dispatch;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.BadRecords;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.contract.topics.TopicNames;
import dev.muster.ingress.auth.NodeDirectory;
import dev.muster.ingress.join.JoinDesk;
import dev.muster.kit.process.Threads;
import dev.muster.proto.records.v1.NodeRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a gateway reads: node records from their beginning, and records addressed to gateways, from now on
 * and only of its own partition. It uses three threads, whatever the number of agents.
 */
public final class Inbox implements AutoCloseable {
    /** Makes consumers. */
    public interface Consumers {
        /**
         * @param committed whether records of open transactions are held back
         */
        Consumer<byte[], byte[]> make(String name, boolean committed);
    }

    /** The readers of the topics. */
    public record Readers(NodeDirectory directory, Router router, JoinDesk joins) {}

    private final TopicNames names;
    private final BadRecords unusable = new BadRecords();
    private final Threads threads;
    private final Readers readers;
    private final LogTail nodes;
    private final LogTail dispatch;
    private final LogTail input;

    public Inbox(
            TopicNames names,
            Partitions partitions,
            String gatewayId,
            Consumers consumers,
            Readers readers,
            Threads threads) {
        this.threads = threads;
        this.names = names;
        this.readers = readers;
        int own = partitions.ofGateway(gatewayId);
        List<TopicPartition> all = new ArrayList<>();
        for (int partition = 0; partition < partitions.node(); partition++) {
            all.add(new TopicPartition(names.of(Topic.NODES), partition));
        }
        nodes = tail("nodes", all, LogTail.From.BEGINNING, () -> consumers.make("nodes", true));
        dispatch = tail(
                "dispatch",
                List.of(
                        new TopicPartition(names.of(Topic.DISPATCH), own),
                        new TopicPartition(names.of(Topic.REPLIES), own)),
                LogTail.From.END,
                () -> consumers.make("dispatch", true));
        input = tail(
                "input",
                List.of(new TopicPartition(names.of(Topic.INPUT), own)),
                LogTail.From.END,
                () -> consumers.make("input", false));
    }

    public void start() {
        nodes.start();
        dispatch.start();
        input.start();
    }

    /** Done when the table of nodes is read and all that comes for this gateway will be. */
    public CompletableFuture<Void> ready() {
        return CompletableFuture.allOf(nodes.ready(), dispatch.ready(), input.ready());
    }

    /** Records left out because they could not be used. */
    public long unusable() {
        return unusable.count();
    }

    @Override
    public void close() {
        nodes.close();
        dispatch.close();
        input.close();
    }

    private LogTail tail(
            String name,
            List<TopicPartition> partitions,
            LogTail.From from,
            Supplier<Consumer<byte[], byte[]>> consumers) {
        return new LogTail(name, partitions, from, consumers, unusable, this::read, threads);
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        byte @Nullable [] value = record.value();
        try {
            if (record.topic().equals(names.of(Topic.NODES))) {
                if (record.key() != null) {
                    readers.directory()
                            .apply(
                                    new String(record.key(), StandardCharsets.UTF_8),
                                    value == null ? null : NodeRecord.parseFrom(value));
                }
            } else if (value == null) {
                throw new IllegalArgumentException("no value");
            } else if (record.topic().equals(names.of(Topic.DISPATCH))) {
                readers.router().dispatch(value);
            } else if (record.topic().equals(names.of(Topic.REPLIES))) {
                readers.joins().reply(value);
            } else {
                readers.router().input(value);
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("not a protobuf of " + record.topic(), e);
        }
    }
}
