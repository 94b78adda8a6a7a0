package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalIndexEntry;

/**
 * The position of a terminal's raw bytes in muster.stdout: sparse entries from raw offset to Kafka offset, numbered in
 * order.
 */
public final class RawIndex {
    /** Raw bytes between two entries, at least. */
    static final long ENTRY_BYTES = 128 << 10;
    /** Entries of one terminal; the oldest go. */
    static final long ENTRIES_MAX = 16_384;

    private RawIndex() {}

    /** Adds an entry, if one is due: from this record on all bytes from {@code rawOffset} on are met. */
    static void note(
            TerminalHead.Builder head,
            long rawOffset,
            long kafkaOffset,
            TerminalWrites writes,
            String node,
            String terminal) {
        if (rawOffset - head.getLastEntryRawOffset() < ENTRY_BYTES) {
            return;
        }
        TerminalIndexEntry entry = TerminalIndexEntry.newBuilder()
                .setRawOffset(rawOffset)
                .setKafkaOffset(kafkaOffset)
                .build();
        writes.indexEntry(node, terminal, head.getNextEntry(), entry);
        head.setNextEntry(head.getNextEntry() + 1).setLastEntryRawOffset(rawOffset);
        if (head.getNextEntry() - head.getFirstEntry() > ENTRIES_MAX) {
            writes.deleteIndexEntry(node, terminal, head.getFirstEntry());
            head.setFirstEntry(head.getFirstEntry() + 1);
        }
    }

    /** The topic was recreated: earlier offsets are meaningless now. */
    static TerminalHead restart(
            TerminalHead head, RecordPosition first, TerminalWrites writes, String node, String terminal) {
        for (long entry = head.getFirstEntry(); entry < head.getNextEntry(); entry++) {
            writes.deleteIndexEntry(node, terminal, entry);
        }
        TerminalHead.Builder changed = head.toBuilder();
        if (head.hasBeyond()) {
            changed.getBeyondBuilder().setFirstKafkaOffset(first.offset()).setKafkaOffset(first.offset());
        }
        return changed.setTopicId(first.topicId())
                .setPartition(first.partition())
                .setFirstOffset(first.offset())
                .setLastOffset(first.offset())
                .setFirstEntry(head.getNextEntry())
                .setStartedAtLogMillis(first.atMillis())
                .build();
    }

    /**
     * Kafka offset of a record from which on a reader finds every byte from {@code rawOffset} on, as far as the topic
     * has it.
     */
    public static long startOffset(
            TerminalReads reads, TerminalHead head, String node, String terminal, long rawOffset) {
        long low = head.getFirstEntry();
        long high = head.getNextEntry();
        long found = head.getFirstOffset();
        while (low < high) {
            long middle = (low + high) >>> 1;
            TerminalIndexEntry entry = reads.indexEntry(node, terminal, middle);
            if (entry != null && entry.getRawOffset() > rawOffset) {
                high = middle;
            } else {
                low = middle + 1;
                found = entry == null ? found : entry.getKafkaOffset();
            }
        }
        return found;
    }
}
