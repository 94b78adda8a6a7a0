package dev.muster.registry.terminal.output;

import dev.muster.proto.records.v1.Mark;

/**
 * Up to where a terminal's stream was processed: every byte below {@code offset} and every marker up to {@code marker}.
 */
public record Position(long offset, long marker) {
    public static final Position START = new Position(0, 0);

    public static Position of(Mark mark) {
        return new Position(mark.getOffset(), mark.getMarkerNumber());
    }

    public Mark toMark() {
        return Mark.newBuilder().setOffset(offset).setMarkerNumber(marker).build();
    }
}
