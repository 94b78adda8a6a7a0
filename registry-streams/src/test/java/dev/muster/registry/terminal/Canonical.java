package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.store.v1.NodeTerminals;
import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalSegment;
import dev.muster.proto.store.v1.TerminalState;
import dev.muster.proto.store.v1.TerminalStep;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;

/**
 * Contents of the store without what depends on Kafka: offsets there, the tail's division into blocks, and output that
 * came too early. Blocks of earlier epochs are left out, as every reader does.
 */
final class Canonical {
    private Canonical() {}

    private static SortedMap<String, String> of(Map<Bytes, byte[]> contents) {
        try {
            return parse(contents);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Fails with the first difference, in a readable form. */
    static void assertSame(Map<Bytes, byte[]> actual, Map<Bytes, byte[]> expected) {
        SortedMap<String, String> left = of(actual);
        SortedMap<String, String> right = of(expected);
        assertThat(left.keySet()).isEqualTo(right.keySet());
        left.forEach((key, value) -> assertThat(value).as(key).isEqualTo(right.get(key)));
    }

    private static SortedMap<String, String> parse(Map<Bytes, byte[]> contents) throws InvalidProtocolBufferException {
        SortedMap<String, String> canonical = new TreeMap<>();
        SortedMap<String, List<TimedStep>> tails = new TreeMap<>();
        SortedMap<String, Long> epochs = new TreeMap<>();
        SortedMap<String, Long> times = new TreeMap<>();
        SortedMap<String, List<TerminalBlock>> blocks = new TreeMap<>();
        for (Map.Entry<Bytes, byte[]> entry : contents.entrySet()) {
            byte[] key = entry.getKey().get();
            int node = key[0];
            int terminal = key[1 + node];
            char kind = (char) key[2 + node + terminal];
            String owner = new String(key, 0, 2 + node + terminal, StandardCharsets.ISO_8859_1);
            String name = new String(key, StandardCharsets.ISO_8859_1);
            ByteString value = ByteString.copyFrom(entry.getValue(), 1, entry.getValue().length - 1);
            switch (kind) {
                case 'h' -> {
                    TerminalHead head = TerminalHead.parseFrom(value);
                    epochs.put(owner, head.getEpoch());
                    times.put(owner, head.getLastAtMillis());
                    canonical.put(
                            name,
                            head.toBuilder()
                                    .clearBlocks()
                                    .clearFirstOffset()
                                    .clearLastOffset()
                                    .clearFirstEntry()
                                    .clearNextEntry()
                                    .clearLastEntryRawOffset()
                                    .build()
                                    .toString());
                }
                case 'l' -> canonical.put(name, TerminalSegment.parseFrom(value).toString());
                case 's' -> canonical.put(name, TerminalState.parseFrom(value).toString());
                case 'n' -> canonical.put(name, NodeTerminals.parseFrom(value).toString());
                case 'b' ->
                    blocks.computeIfAbsent(owner, absent -> new ArrayList<>()).add(TerminalBlock.parseFrom(value));
                case 'i', 'w', 'g', 'q' -> {}
                default -> canonical.put(name, value.toStringUtf8());
            }
        }
        blocks.forEach((owner, all) -> {
            for (TerminalBlock block : all) {
                if (epochs.getOrDefault(owner, -1L) == block.getEpoch()) {
                    for (int i = 0; i < block.getStepsCount(); i++) {
                        times.merge(owner, block.getLaterMillis(i), Long::sum);
                        join(
                                tails.computeIfAbsent(owner, absent -> new ArrayList<>()),
                                new TimedStep(block.getSteps(i), times.getOrDefault(owner, 0L)));
                    }
                    canonical.put(owner + "mark", block.getMark().toString());
                }
            }
        });
        tails.forEach((owner, steps) -> canonical.put(owner + "tail", steps.toString()));
        return canonical;
    }

    private record TimedStep(TerminalStep step, long atMillis) {}

    private static void join(List<TimedStep> steps, TimedStep next) {
        int last = steps.size() - 1;
        TimedStep before = last < 0 ? null : steps.get(last);
        if (before != null
                && before.step().hasData()
                && next.step().hasData()
                && before.atMillis() == next.atMillis()) {
            ByteString joined = before.step().getData().concat(next.step().getData());
            steps.set(
                    last,
                    new TimedStep(TerminalStep.newBuilder().setData(joined).build(), next.atMillis()));
        } else {
            steps.add(next);
        }
    }
}
