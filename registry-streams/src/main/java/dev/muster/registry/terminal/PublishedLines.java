package dev.muster.registry.terminal;

import com.google.protobuf.ByteString;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.util.function.Consumer;

/**
 * Lines of one terminal on their way to the topic's readers. The lines that one record of output made final become one
 * record there, because a record costs this process, the broker and the readers several times what a line does.
 */
final class PublishedLines {
    /**
     * Before a record would have more text than this, another begins. A single line may have this much (the engine cuts
     * longer ones).
     */
    static final int TEXT_BYTES_MAX = 64 << 10;
    /** What the time of a line counts. */
    private static final int TIME_BYTES = 6;

    static final Consumer<TerminalLineRecord> TO_NOBODY = record -> {};

    private final String node;
    private final String terminal;
    private final Consumer<TerminalLineRecord> out;
    private TerminalLineRecord.Builder open = TerminalLineRecord.newBuilder();
    private int openBytes;

    PublishedLines(String node, String terminal, Consumer<TerminalLineRecord> out) {
        this.node = node;
        this.terminal = terminal;
        this.out = out;
    }

    /**
     * @param atMillis when its first byte came; 0: unknown, for all lines of the terminal
     * @param continued whether the line goes on in the next number
     */
    void add(long number, byte[] utf8, int offset, int length, long atMillis, boolean continued) {
        if (out == TO_NOBODY) {
            return;
        }
        int count = open.getTextCount();
        if (count > 0 && (number != open.getNumber() + count || openBytes + length > TEXT_BYTES_MAX)) {
            end();
        }
        if (open.getTextCount() == 0) {
            open.setNodeId(node).setTerminalId(terminal).setNumber(number);
        }
        open.addTextBytes(ByteString.copyFrom(utf8, offset, length));
        openBytes += length;
        if (atMillis != 0) {
            open.addAtMillis(atMillis);
            openBytes += TIME_BYTES;
        }
        if (continued) {
            open.setContinued(true);
            end();
        }
    }

    /** Sends what there is. */
    void end() {
        if (open.getTextCount() > 0) {
            out.accept(open.build());
            open = TerminalLineRecord.newBuilder();
            openBytes = 0;
        }
    }
}
