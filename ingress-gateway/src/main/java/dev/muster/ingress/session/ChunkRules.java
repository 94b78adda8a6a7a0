package dev.muster.ingress.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;
import java.util.Optional;

/** The rules for a single chunk, whatever came before it. */
final class ChunkRules {
    /** The registry's limit: a chunk that it would refuse must not be acknowledged. */
    private static final long POSITION_MAX = AgentReport.BYTES_MAX;

    private static final int SIDE_MAX = 65_535;

    private final int chunkBytesMax;

    ChunkRules(int chunkBytesMax) {
        this.chunkBytesMax = chunkBytesMax;
    }

    Optional<Refusal> check(OutputChunk chunk) {
        if (chunk.getData().size() > chunkBytesMax) {
            return Optional.of(new Refusal(
                    ErrorCode.TOO_LARGE,
                    "a chunk of " + chunk.getData().size() + " bytes; the limit is " + chunkBytesMax));
        }
        if (chunk.hasMarker() ? !chunk.getData().isEmpty() : chunk.getData().isEmpty()) {
            return invalid("a chunk has either data or a marker");
        }
        if (chunk.getMarkerNumber() < 1) {
            return invalid("the start marker, number 1, comes before any byte");
        }
        Position end = Position.endOf(chunk);
        if (chunk.getOffset() < 0 || end.offset() < chunk.getOffset() || isOutOfRange(end)) {
            return invalid("an offset out of range");
        }
        return chunk.hasMarker() ? checkMarker(chunk, chunk.getMarker()) : Optional.empty();
    }

    /** The same for a chunk that was read as plain; {@link #check} returns the mistake. */
    boolean isGood(PlainChunk chunk) {
        return chunk.dataBytes() > 0
                && chunk.dataBytes() <= chunkBytesMax
                && chunk.start().marker() >= 1
                && !isOutOfRange(chunk.end());
    }

    private static boolean isOutOfRange(Position end) {
        return end.offset() > POSITION_MAX || end.marker() > POSITION_MAX;
    }

    private static Optional<Refusal> checkMarker(OutputChunk chunk, Marker marker) {
        boolean first = chunk.getMarkerNumber() == 1;
        return switch (marker.getKindCase()) {
            case START ->
                first && chunk.getOffset() == 0
                        ? checkSize(marker.getStart().getPty())
                        : invalid("a start marker that is not first");
            case RESIZE ->
                first ? invalid("a stream that does not begin with a start marker") : checkSize(marker.getResize());
            case GAP ->
                first || marker.getGap().getBytes() <= 0 || marker.getGap().getBytes() > AgentReport.GAP_BYTES_MAX
                        ? invalid("a gap marker out of place, or of less than 1 or more than "
                                + AgentReport.GAP_BYTES_MAX + " bytes")
                        : checkText(marker);
            case EXIT -> first ? invalid("a stream that does not begin with a start marker") : checkText(marker);
            case KIND_NOT_SET -> invalid("a marker of no known kind");
        };
    }

    private static Optional<Refusal> checkText(Marker marker) {
        return AgentReport.marker(marker, marker.getAtMillis()).equals(marker)
                ? Optional.empty()
                : invalid("a reason or a signal that is long or not printable");
    }

    private static Optional<Refusal> checkSize(WindowSize size) {
        return Integer.compareUnsigned(size.getCols(), SIDE_MAX) > 0
                        || Integer.compareUnsigned(size.getRows(), SIDE_MAX) > 0
                ? invalid("a window with more than " + SIDE_MAX + " columns or rows")
                : Optional.empty();
    }

    private static Optional<Refusal> invalid(String detail) {
        return Optional.of(new Refusal(ErrorCode.INVALID, detail));
    }
}
