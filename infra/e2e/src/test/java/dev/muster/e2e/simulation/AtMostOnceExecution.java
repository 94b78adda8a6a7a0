package dev.muster.e2e.simulation;

/** No command is started a second time, whatever is sent again and whichever part loses its memory. */
final class AtMostOnceExecution implements Invariant {
    private final Ledger ledger;
    private long checked;

    AtMostOnceExecution(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public void afterStep() {
        if (ledger.starts() == checked) {
            return;
        }
        checked = ledger.starts();
        ledger.executions().forEach((taskId, times) -> {
            if (times > 1) {
                throw Invariant.violation(
                        AtMostOnceExecution.class, "%s was started %d times".formatted(taskId, times));
            }
        });
    }
}
