package dev.muster.e2e.simulation;

import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A line is in the topic of lines once, by its number and by its text, and once in the history. */
final class NoLineTwice extends LinesInvariant {
    private final Map<String, Set<Object>> seen = new HashMap<>();

    NoLineTwice(Ledger ledger, Histories histories) {
        super(ledger, histories);
    }

    @Override
    void committed(String terminalId, long number, String text) {
        Set<Object> of = seen.computeIfAbsent(terminalId, id -> new HashSet<>());
        if (!of.add(number) || !of.add(text)) {
            throw twice(number, terminalId, "topic", text);
        }
    }

    @Override
    void atRest(String terminalId, TerminalHistory history) {
        Set<String> texts = new HashSet<>();
        for (Line line : history.getLinesList()) {
            if (!texts.add(line.getText())) {
                throw twice(line.getNumber(), terminalId, "history", line.getText());
            }
        }
    }

    private static AssertionError twice(long number, String terminalId, String where, String text) {
        return Invariant.violation(
                NoLineTwice.class, "line %d of %s is in the %s twice: %s".formatted(number, terminalId, where, text));
    }
}
