package dev.muster.agent.task;

import dev.muster.agent.disk.DelimitedFile;
import dev.muster.proto.agent.v1.JournalEntry;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Tells whole journal entries from torn ones: each ends with its checksum, in its own field. Entries of older agents
 * have none. A file whose first entry has no checksum is taken for one of theirs.
 */
final class WholeEntry implements DelimitedFile.Check<JournalEntry> {
    /** Field {@code crc32} of the entry: its tag, then four bytes, lowest first. */
    private static final byte TAG = JournalEntry.CRC32_FIELD_NUMBER << 3 | 5;

    private static final int SEAL_BYTES = 5;

    private boolean sealed;

    /** The bytes of an entry with its checksum. */
    static byte[] seal(byte[] entry) {
        byte[] bytes = Arrays.copyOf(entry, entry.length + SEAL_BYTES);
        bytes[entry.length] = TAG;
        int crc = crc32(entry, 0, entry.length);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[entry.length + 1 + i] = (byte) (crc >>> (Byte.SIZE * i));
        }
        return bytes;
    }

    @Override
    public boolean isWhole(JournalEntry entry, byte[] all, int begin, int end, boolean isFound) {
        if (entry.hasCrc32()) {
            int sealAt = end - SEAL_BYTES;
            boolean whole =
                    sealAt >= begin && all[sealAt] == TAG && entry.getCrc32() == crc32(all, begin, sealAt - begin);
            sealed |= whole;
            return whole;
        }
        return !sealed
                && (isFound ? isOfATask(entry) : entry.getEntryCase() != JournalEntry.EntryCase.ENTRY_NOT_SET)
                && Arrays.equals(entry.toByteArray(), Arrays.copyOfRange(all, begin, end));
    }

    /** Accepts only entries of more than a few bytes, so that the middle of a torn entry hardly looks like one. */
    private static boolean isOfATask(JournalEntry entry) {
        return switch (entry.getEntryCase()) {
            case RECEIVED -> !entry.getReceived().getTaskId().isEmpty();
            case EVENT -> !entry.getEvent().getTaskId().isEmpty();
            case PROCESS_STARTED -> !entry.getProcessStarted().getTaskId().isEmpty();
            case EVENTS_ACKED, HIGH_WATER, ENTRY_NOT_SET -> false;
        };
    }

    private static int crc32(byte[] bytes, int from, int count) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }
}
