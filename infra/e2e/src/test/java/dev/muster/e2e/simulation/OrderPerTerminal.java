package dev.muster.e2e.simulation;

import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Lines have the numbers, and come in the order, in which they were printed; there is nothing between them. */
final class OrderPerTerminal extends LinesInvariant {
    private static final Pattern GAP = Pattern.compile("\\[\\.\\.\\. [0-9]+ bytes lost \\.\\.\\.]$");

    private final Map<String, Long> next = new HashMap<>();

    OrderPerTerminal(Ledger ledger, Histories histories) {
        super(ledger, histories);
    }

    @Override
    void committed(String terminalId, long number, String text) {
        long due = next.getOrDefault(terminalId, 0L);
        next.put(terminalId, due + 1);
        if (number != due) {
            throw outOfOrder(number, terminalId, due);
        }
        check(terminalId, number, text);
    }

    @Override
    void atRest(String terminalId, TerminalHistory history) {
        long due = history.getFirstKept();
        for (Line line : history.getLinesList()) {
            if (line.getNumber() != due) {
                throw outOfOrder(line.getNumber(), terminalId, due);
            }
            due++;
            check(terminalId, line.getNumber(), line.getText());
        }
    }

    private static AssertionError outOfOrder(long number, String terminalId, long due) {
        return Invariant.violation(
                OrderPerTerminal.class, "line %d of %s is where %d is due".formatted(number, terminalId, due));
    }

    private void check(String terminalId, long number, String text) {
        Ledger.Printed printed = ledger.terminals().get(terminalId);
        if (printed == null) {
            throw Invariant.violation(OrderPerTerminal.class, terminalId + " has a line and was never started");
        }
        List<String> lines = printed.lines();
        boolean whole = number < lines.size();
        String wanted = whole ? lines.get((int) number) : printed.open();
        // the last line may have been cut off by the end of its command, or with the disk; the end may have come
        // through although the output before it was lost with the disk
        String kept = printed.isDiskLost() ? GAP.matcher(text).replaceFirst("") : text;
        boolean alike = (whole && !printed.isDiskLost()) ? wanted.equals(text) : wanted.startsWith(kept);
        if (!alike) {
            throw Invariant.violation(
                    OrderPerTerminal.class,
                    "line %d of %s is '%s', printed was '%s'".formatted(number, terminalId, text, wanted));
        }
    }
}
