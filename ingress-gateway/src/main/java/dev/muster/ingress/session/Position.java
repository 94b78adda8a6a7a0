package dev.muster.ingress.session;

import dev.muster.proto.agent.v1.OutputChunk;

/** A place in a terminal's stream: before it are {@code offset} bytes and {@code marker} markers. */
record Position(long offset, long marker) implements Comparable<Position> {
    static Position startOf(OutputChunk chunk) {
        return new Position(
                chunk.getOffset(), chunk.hasMarker() ? chunk.getMarkerNumber() - 1 : chunk.getMarkerNumber());
    }

    static Position endOf(OutputChunk chunk) {
        long bytes = chunk.getMarker().hasGap()
                ? chunk.getMarker().getGap().getBytes()
                : chunk.getData().size();
        return new Position(chunk.getOffset() + bytes, chunk.getMarkerNumber());
    }

    @Override
    public int compareTo(Position other) {
        int byOffset = Long.compare(offset, other.offset);
        return byOffset != 0 ? byOffset : Long.compare(marker, other.marker);
    }
}
