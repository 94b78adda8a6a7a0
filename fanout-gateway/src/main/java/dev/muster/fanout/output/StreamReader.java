package dev.muster.fanout.output;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;

/**
 * Takes one terminal's chunks from the log as the registry does: each step of the stream once, by (offset, marker
 * number), whatever was sent again or in other chunks. Steps before {@code from} are skipped. Chunks after a gap are
 * skipped, too: the agent resends the missing chunk and then these again. Not thread-safe.
 */
final class StreamReader {
    private final String terminalId;
    private final Steps steps;
    private long offset;
    private long marker;

    /**
     * @param from raw offset of the first wanted byte; 0 delivers every marker as well, any other offset only the later
     *     ones
     */
    StreamReader(String terminalId, long from, Steps steps) {
        this.terminalId = terminalId;
        this.offset = from;
        this.steps = steps;
    }

    /** Raw offset up to which everything was delivered. */
    long offset() {
        return offset;
    }

    void accept(long atMillis, OutputChunk chunk) {
        if (!chunk.getTerminalId().equals(terminalId)) {
            return;
        }
        if (chunk.hasMarker()) {
            marker(atMillis, chunk);
        } else {
            data(atMillis, chunk);
        }
    }

    private void data(long atMillis, OutputChunk chunk) {
        ByteString data = chunk.getData();
        long skip = offset - chunk.getOffset();
        if (skip >= 0 && skip < data.size()) {
            steps.data(atMillis, data.substring((int) skip));
            offset += data.size() - skip;
        }
    }

    private void marker(long atMillis, OutputChunk chunk) {
        Marker what = chunk.getMarker();
        long bytes = what.hasGap() ? what.getGap().getBytes() : 0;
        boolean isNew = chunk.getMarkerNumber() > marker;
        boolean isHere =
                chunk.getOffset() == offset || (chunk.getOffset() < offset && chunk.getOffset() + bytes > offset);
        if (!isNew || !isHere) {
            return;
        }
        marker = chunk.getMarkerNumber();
        switch (what.getKindCase()) {
            case START -> steps.start(atMillis, what.getStart());
            case RESIZE -> steps.resize(atMillis, what.getResize());
            case EXIT -> steps.exit(atMillis, what.getExit());
            case GAP -> {
                long lost = chunk.getOffset() + bytes - offset;
                offset += lost;
                steps.gap(atMillis, lost);
            }
            case KIND_NOT_SET -> {
                // a kind of a newer agent: it has no length that we know of
            }
        }
    }
}
