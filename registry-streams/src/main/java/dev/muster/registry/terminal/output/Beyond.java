package dev.muster.registry.terminal.output;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.store.v1.TerminalBeyond;

/**
 * What is remembered about steps that came from behind a hole: the end of the last one, and the exit marker if it was
 * among them.
 */
public final class Beyond {
    private Beyond() {}

    /** @param kafkaOffset of the record that brought the chunk */
    public static TerminalBeyond with(TerminalBeyond before, OutputChunk chunk, long kafkaOffset) {
        TerminalBeyond.Builder next = before.toBuilder().setKafkaOffset(kafkaOffset);
        if (!before.hasFirstKafkaOffset()) {
            next.setFirstKafkaOffset(before.hasEnd() ? before.getKafkaOffset() : kafkaOffset);
        }
        if (before.hasExit()) {
            // nothing comes after the end
            return next.build();
        }
        boolean exit = chunk.getMarker().hasExit();
        long bytes = chunk.hasMarker()
                ? chunk.getMarker().getGap().getBytes()
                : chunk.getData().size();
        Mark.Builder end =
                Mark.newBuilder().setOffset(chunk.getOffset() + bytes).setMarkerNumber(chunk.getMarkerNumber());
        if (exit) {
            next.setExit(chunk.getMarker());
        } else {
            end.setOffset(Math.max(end.getOffset(), before.getEnd().getOffset()));
            end.setMarkerNumber(Math.max(end.getMarkerNumber(), before.getEnd().getMarkerNumber()));
        }
        return next.setEnd(end).build();
    }

    /** Kafka offset of the record that brought the first of them, as far as that is known. */
    public static long firstOffset(TerminalBeyond beyond) {
        return beyond.hasFirstKafkaOffset() ? beyond.getFirstKafkaOffset() : beyond.getKafkaOffset();
    }
}
