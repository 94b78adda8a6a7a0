package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lines have the numbers, and come in the order, in which they were printed; there is nothing between them. */
final class OrderPerTerminal implements Invariant {
    private final Ledger ledger;
    private final Histories histories;
    private final Map<String, Long> next = new HashMap<>();

    OrderPerTerminal(Ledger ledger, Histories histories) {
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
            long due = next.getOrDefault(line.getTerminalId(), 0L);
            next.put(line.getTerminalId(), due + 1);
            if (line.getNumber() != due) {
                throw Invariant.violation(
                        OrderPerTerminal.class,
                        "line %d of %s comes where %d is due".formatted(line.getNumber(), line.getTerminalId(), due));
            }
            check(line.getTerminalId(), line.getNumber(), line.getText());
        } catch (InvalidProtocolBufferException e) {
            throw Invariant.violation(OrderPerTerminal.class, "a line that cannot be read");
        }
    }

    @Override
    public void atRest() {
        ledger.terminals()
                .forEach((terminalId, printed) -> histories
                        .read(printed.nodeId(), terminalId)
                        .ifPresent(history -> {
                            long due = history.getFirstKept();
                            for (Line line : history.getLinesList()) {
                                if (line.getNumber() != due++) {
                                    throw Invariant.violation(
                                            OrderPerTerminal.class,
                                            "the history of %s has line %d where %d is due"
                                                    .formatted(terminalId, line.getNumber(), due - 1));
                                }
                                check(terminalId, line.getNumber(), line.getText());
                            }
                        }));
    }

    private void check(String terminalId, long number, String text) {
        Ledger.Printed printed = ledger.terminals().get(terminalId);
        if (printed == null) {
            throw Invariant.violation(OrderPerTerminal.class, terminalId + " has a line and was never started");
        }
        List<String> lines = printed.lines();
        boolean whole = number < lines.size();
        String wanted = whole ? lines.get((int) number) : printed.open();
        // the last line may have been cut off by the end of its command, or with the disk
        boolean alike = (whole && !printed.isDiskLost()) ? wanted.equals(text) : wanted.startsWith(text);
        if (!alike) {
            throw Invariant.violation(
                    OrderPerTerminal.class,
                    "line %d of %s is '%s', printed was '%s'".formatted(number, terminalId, text, wanted));
        }
    }
}
