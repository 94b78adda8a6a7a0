package dev.muster.fanout.session;

import dev.muster.proto.records.v1.Mark;

/** Positions in a terminal's stream, ordered by offset, then by marker. */
final class Marks {
    private Marks() {}

    static int compare(Mark a, Mark b) {
        int byOffset = Long.compareUnsigned(a.getOffset(), b.getOffset());
        return byOffset != 0 ? byOffset : Long.compareUnsigned(a.getMarkerNumber(), b.getMarkerNumber());
    }
}
