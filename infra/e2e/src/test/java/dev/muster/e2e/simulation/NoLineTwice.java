package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A line is in the topic of lines once, by its number and by its text, and once in the history. */
final class NoLineTwice implements Invariant {
    private final Ledger ledger;
    private final Histories histories;
    private final Map<String, Set<Object>> seen = new HashMap<>();

    NoLineTwice(Ledger ledger, Histories histories) {
        this.ledger = ledger;
        this.histories = histories;
    }

    @Override
    public void committed(Topic topic, int partition, MemoryLog.Entry entry) {
        if (topic != Topic.TERMINAL_LINES) {
            return;
        }
        try {
            TerminalLineRecord line = TerminalLineRecord.parseFrom(entry.value());
            Set<Object> of = seen.computeIfAbsent(line.getTerminalId(), id -> new HashSet<>());
            if (!of.add(line.getNumber()) || !of.add(line.getText())) {
                throw Invariant.violation(
                        NoLineTwice.class,
                        "line %d of %s is in the topic twice: %s"
                                .formatted(line.getNumber(), line.getTerminalId(), line.getText()));
            }
        } catch (InvalidProtocolBufferException e) {
            throw Invariant.violation(NoLineTwice.class, "a line that cannot be read");
        }
    }

    @Override
    public void atRest() {
        ledger.terminals()
                .forEach((terminalId, printed) -> histories
                        .read(printed.nodeId(), terminalId)
                        .ifPresent(history -> {
                            Set<String> texts = new HashSet<>();
                            for (Line line : history.getLinesList()) {
                                if (!texts.add(line.getText())) {
                                    throw Invariant.violation(
                                            NoLineTwice.class,
                                            "line %d of %s is in the history twice: %s"
                                                    .formatted(line.getNumber(), terminalId, line.getText()));
                                }
                            }
                        }));
    }
}
