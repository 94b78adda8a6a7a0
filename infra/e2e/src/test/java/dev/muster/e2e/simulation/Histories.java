package dev.muster.e2e.simulation;

import dev.muster.proto.query.v1.TerminalHistory;
import java.util.Optional;

/** What the registry answers when it is asked for a terminal. */
interface Histories {
    /** Empty if it knows no such terminal. */
    Optional<TerminalHistory> read(String nodeId, String terminalId);
}
