package dev.muster.registry.terminal.read;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.registry.terminal.history.LiveTerminals;
import dev.muster.registry.terminal.history.TerminalReads;
import dev.muster.registry.terminal.history.TerminalView;
import org.jspecify.annotations.Nullable;

/** Looks at terminals by ids from outside. */
public final class Views {
    private Views() {}

    /**
     * @return null if there is no such terminal
     * @throws MusterException UNAVAILABLE if it changes too fast to be read
     * @throws ReadBudget.SpentException if there is no time for it
     */
    public static @Nullable TerminalView read(TerminalReads reads, String node, String terminal, ReadBudget budget) {
        if (!LiveTerminals.isId(node) || !LiveTerminals.isId(terminal)) {
            return null;
        }
        TerminalView view = TerminalView.read(reads, node, terminal, budget::spend);
        if (view == null && reads.head(node, terminal) != null) {
            throw changing();
        }
        return view;
    }

    static MusterException changing() {
        return new MusterException(ErrorCode.UNAVAILABLE, "the terminal changes too fast to be read now");
    }
}
