package dev.muster.fanout.live.frames;

import dev.muster.proto.records.v1.Mark;

/** Positions in a terminal's stream, ordered by offset, then by marker. */
public final class Marks {
    private Marks() {}

    public static int compare(Mark a, Mark b) {
        int byOffset = Long.compareUnsigned(a.getOffset(), b.getOffset());
        return byOffset != 0 ? byOffset : Long.compareUnsigned(a.getMarkerNumber(), b.getMarkerNumber());
    }
}
