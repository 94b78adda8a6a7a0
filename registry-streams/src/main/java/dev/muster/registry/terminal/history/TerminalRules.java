package dev.muster.registry.terminal.history;

import dev.muster.proto.store.v1.TerminalHead;

/**
 * The rules by which a terminal's output becomes lines, states and segments. A terminal keeps the rules under which it
 * began, because its tail may be played again at any time and must then give what was published.
 */
final class TerminalRules {
    /** Lines have times. */
    private static final int TIMES = 1;

    /** For terminals that begin now. */
    static final int NEWEST = TIMES;

    private TerminalRules() {}

    /** @throws IllegalStateException for rules of a newer release */
    static boolean haveTimes(TerminalHead head) {
        if (Integer.compareUnsigned(head.getRules(), NEWEST) > 0) {
            throw new IllegalStateException("terminal with rules of an unknown version in the store of terminals");
        }
        return head.getRules() >= TIMES;
    }
}
