package dev.muster.e2e.simulation;

import dev.muster.contract.topics.Topic;

/** Something that must always hold. */
interface Invariant {
    /** A record that readers of committed records may see from now on. */
    default void committed(Topic topic, int partition, MemoryLog.Entry entry) {}

    /** A gateway tells an agent that its output is safe up to here. */
    default void acked(String terminalId, long offset) {}

    /** Something happened. */
    default void afterStep() {}

    /** The faults have ended, and everything that was under way has arrived. */
    default void atRest() {}

    /** To be thrown where it does not hold. */
    static Violation violation(Class<? extends Invariant> which, String detail) {
        return new Violation(which.getSimpleName() + ": " + detail);
    }

    /** Ends the simulation. */
    final class Violation extends AssertionError {
        private static final long serialVersionUID = 1;

        Violation(String message) {
            super(message);
        }
    }
}
