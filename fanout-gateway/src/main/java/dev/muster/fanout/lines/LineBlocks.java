package dev.muster.fanout.lines;

import dev.muster.proto.records.v1.TerminalLineRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins the records of each terminal to blocks. A block ends where the next record does not follow, and behind a line
 * that goes on in the next number. Not thread-safe.
 */
final class LineBlocks {
    private record Key(String nodeId, String terminal) {}

    /** A block to which lines are added. */
    private static final class Open {
        private final String nodeId;
        private final String node;
        private final String terminal;
        private final long first;
        private final List<String> lines = new ArrayList<>();
        private final List<@Nullable Long> times = new ArrayList<>();
        private boolean continued;

        Open(String nodeId, String node, TerminalLineRecord record) {
            this.nodeId = nodeId;
            this.node = node;
            this.terminal = record.getTerminalId();
            this.first = record.getNumber();
        }

        boolean isFollowedBy(TerminalLineRecord record) {
            return !continued && first + lines.size() == record.getNumber();
        }

        void add(TerminalLineRecord record) {
            boolean timed = record.getAtMillisCount() == record.getTextCount();
            for (int i = 0; i < record.getTextCount(); i++) {
                lines.add(record.getText(i));
                times.add(timed ? record.getAtMillis(i) : null);
            }
            continued = record.getContinued();
        }

        LineBlock block() {
            return new LineBlock(nodeId, node, terminal, first, lines, times, continued);
        }
    }

    private final List<Open> all = new ArrayList<>();
    private final Map<Key, Open> last = new LinkedHashMap<>();

    /** @param node name of the node */
    void add(String nodeId, String node, TerminalLineRecord record) {
        Key key = new Key(nodeId, record.getTerminalId());
        @Nullable Open open = last.get(key);
        if (open == null || !open.isFollowedBy(record)) {
            open = new Open(nodeId, node, record);
            last.put(key, open);
            all.add(open);
        }
        open.add(record);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<LineBlock> blocks() {
        return all.stream().map(Open::block).toList();
    }
}
