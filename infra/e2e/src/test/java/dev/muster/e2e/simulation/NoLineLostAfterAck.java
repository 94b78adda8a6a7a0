package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.OutputRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When an agent is told that output is safe, the log holds it, without a gap, and in the end it is in the history. As
 * long as no disk was lost, the same holds for all printed output.
 */
final class NoLineLostAfterAck implements Invariant {
    private final Ledger ledger;
    private final Histories histories;
    private final Map<String, Long> stored = new HashMap<>();

    NoLineLostAfterAck(Ledger ledger, Histories histories) {
        this.ledger = ledger;
        this.histories = histories;
    }

    @Override
    public void committed(Topic topic, int partition, MemoryLog.Entry entry) {
        if (topic != Topic.STDOUT) {
            return;
        }
        try {
            for (OutputChunk chunk : OutputRecord.parseFrom(entry.value()).getChunksList()) {
                long before = stored.getOrDefault(chunk.getTerminalId(), 0L);
                long bytes = chunk.getMarker().hasGap()
                        ? chunk.getMarker().getGap().getBytes()
                        : chunk.getData().size();
                if (chunk.getOffset() <= before) {
                    stored.put(chunk.getTerminalId(), Math.max(before, chunk.getOffset() + bytes));
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw Invariant.violation(NoLineLostAfterAck.class, "a record of output that cannot be read");
        }
    }

    @Override
    public void acked(String terminalId, long offset) {
        long there = stored.getOrDefault(terminalId, 0L);
        if (offset > there) {
            throw Invariant.violation(
                    NoLineLostAfterAck.class,
                    "%s is acknowledged up to %d, but the log has it up to %d".formatted(terminalId, offset, there));
        }
    }

    @Override
    public void atRest() {
        ledger.terminals().forEach((terminalId, printed) -> {
            long safe = printed.isDiskLost() ? printed.ackedBytes() : printed.size();
            List<String> wanted = Ledger.Printed.linesOf(printed.text(safe));
            Optional<TerminalHistory> history = histories.read(printed.nodeId(), terminalId);
            int lines = history.map(TerminalHistory::getLinesCount).orElse(0);
            if (lines < wanted.size()) {
                throw Invariant.violation(
                        NoLineLostAfterAck.class, "%s has %d of %d lines".formatted(terminalId, lines, wanted.size()));
            }
            long mark = history.map(h -> h.getMark().getOffset()).orElse(0L);
            if (mark < safe) {
                throw Invariant.violation(
                        NoLineLostAfterAck.class, "%s ends at byte %d of %d".formatted(terminalId, mark, safe));
            }
        });
    }
}
