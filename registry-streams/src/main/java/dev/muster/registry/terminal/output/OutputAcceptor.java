package dev.muster.registry.terminal.output;

import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;

/**
 * Decides by position which steps of a terminal's stream are taken, so that each is taken once, however often and in
 * whatever pieces it was sent.
 *
 * <pre>
 *                      offset &lt; mark         offset = mark        offset &gt; mark
 * data, old marker     REPEAT (1)            REPEAT (1)           ABSURD
 * data, same marker    suffix or REPEAT      TAKE                 BEYOND
 * data, newer marker   ABSURD                BEYOND               BEYOND
 * marker, seen         REPEAT                REPEAT               REPEAT
 * marker, next         ABSURD                TAKE                 BEYOND
 * marker, later        ABSURD                BEYOND               BEYOND
 * </pre>
 *
 * (1) unless it reaches over the mark, which is absurd: a marker that was taken stands within it.
 */
public final class OutputAcceptor {
    /** No stream is longer; keeps all sums far from overflow. */
    public static final long OFFSET_MAX = 1L << 53;

    private static final int SIDE_MAX = 65_535;

    private final int chunkBytesMax;

    public OutputAcceptor(int chunkBytesMax) {
        this.chunkBytesMax = chunkBytesMax;
    }

    /**
     * @param at what was taken so far
     * @param ended whether the exit marker was taken
     */
    public Verdict decide(Position at, boolean ended, OutputChunk chunk) {
        String problem = chunk.hasMarker() ? problemOfMarker(chunk) : problemOfData(chunk);
        if (!problem.isEmpty()) {
            return Verdict.absurd(problem);
        }
        Verdict verdict = chunk.hasMarker() ? marker(at, chunk) : data(at, chunk);
        boolean forward = verdict.kind() == Verdict.Kind.TAKE || verdict.kind() == Verdict.Kind.BEYOND;
        return ended && forward ? Verdict.absurd("after-exit") : verdict;
    }

    private static Verdict data(Position at, OutputChunk chunk) {
        long from = chunk.getOffset();
        long to = from + chunk.getData().size();
        if (chunk.getMarkerNumber() < at.marker()) {
            return to <= at.offset() ? Verdict.REPEAT : Verdict.absurd("data-over-marker");
        }
        if (chunk.getMarkerNumber() > at.marker()) {
            return from < at.offset() ? Verdict.absurd("data-before-mark") : Verdict.BEYOND;
        }
        if (from > at.offset()) {
            return Verdict.BEYOND;
        }
        return to <= at.offset() ? Verdict.REPEAT : Verdict.take((int) (at.offset() - from));
    }

    private static Verdict marker(Position at, OutputChunk chunk) {
        if (chunk.getMarkerNumber() <= at.marker()) {
            return Verdict.REPEAT;
        }
        if (chunk.getOffset() < at.offset()) {
            return Verdict.absurd("marker-before-mark");
        }
        boolean next = chunk.getMarkerNumber() == at.marker() + 1 && chunk.getOffset() == at.offset();
        return next ? Verdict.take(0) : Verdict.BEYOND;
    }

    private String problemOfData(OutputChunk chunk) {
        int size = chunk.getData().size();
        if (size == 0) {
            return "empty-chunk";
        }
        if (size > chunkBytesMax) {
            return "chunk-too-large";
        }
        return isOutside(chunk.getOffset(), size) || isOutside(chunk.getMarkerNumber(), 0) ? "absurd-position" : "";
    }

    private static String problemOfMarker(OutputChunk chunk) {
        if (!chunk.getData().isEmpty()) {
            return "data-and-marker";
        }
        if (isOutside(chunk.getMarkerNumber(), 0) || isOutside(chunk.getOffset(), 0)) {
            return "absurd-position";
        }
        Marker marker = chunk.getMarker();
        return switch (marker.getKindCase()) {
            case START ->
                chunk.getMarkerNumber() != 1
                                || chunk.getOffset() != 0
                                || isAbsurd(marker.getStart().getPty())
                        ? "absurd-start"
                        : "";
            case RESIZE -> isAbsurd(marker.getResize()) ? "absurd-size" : "";
            case GAP -> isOutside(chunk.getOffset(), marker.getGap().getBytes()) ? "absurd-gap" : "";
            case EXIT -> "";
            case KIND_NOT_SET -> "unknown-marker";
        };
    }

    private static boolean isAbsurd(WindowSize size) {
        return Integer.compareUnsigned(size.getCols(), SIDE_MAX) > 0
                || Integer.compareUnsigned(size.getRows(), SIDE_MAX) > 0;
    }

    private static boolean isOutside(long offset, long length) {
        return offset < 0 || offset > OFFSET_MAX || length < 0 || length > OFFSET_MAX - offset;
    }
}
