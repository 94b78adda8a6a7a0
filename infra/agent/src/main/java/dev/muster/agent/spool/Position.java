package dev.muster.agent.spool;

/** A place in a terminal's stream: steps are ordered by offset, then by marker. */
public record Position(long offset, long marker) implements Comparable<Position> {
    public static final Position START = new Position(0, 0);

    @Override
    public int compareTo(Position other) {
        int byOffset = Long.compare(offset, other.offset);
        return byOffset != 0 ? byOffset : Long.compare(marker, other.marker);
    }
}
