package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.TerminalLineRecord;

/** Something that holds for each line that comes to the topic, and for each history in the end. */
abstract class LinesInvariant implements Invariant {
    final Ledger ledger;
    private final Histories histories;

    LinesInvariant(Ledger ledger, Histories histories) {
        this.ledger = ledger;
        this.histories = histories;
    }

    abstract void committed(String terminalId, long number, String text);

    abstract void atRest(String terminalId, TerminalHistory history);

    @Override
    public final void committed(Topic topic, int partition, MemoryLog.Entry entry) {
        if (topic != Topic.TERMINAL_LINES) {
            return;
        }
        try {
            TerminalLineRecord lines = TerminalLineRecord.parseFrom(entry.value());
            for (int i = 0; i < lines.getTextCount(); i++) {
                committed(lines.getTerminalId(), lines.getNumber() + i, lines.getText(i));
            }
        } catch (InvalidProtocolBufferException e) {
            throw Invariant.violation(getClass(), "a line that cannot be read");
        }
    }

    @Override
    public final void atRest() {
        ledger.terminals()
                .forEach((terminalId, printed) ->
                        histories.read(printed.nodeId(), terminalId).ifPresent(history -> atRest(terminalId, history)));
    }
}
