package dev.muster.registry.terminal;

import dev.muster.contract.errors.ErrorIds;
import dev.muster.proto.store.v1.TerminalHole;
import dev.muster.registry.terminal.history.Holes;
import dev.muster.registry.terminal.history.LiveTerminals;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the gaps of terminals that waited long enough. A write that fails is tried again by the clock, a few times,
 * and does not count as a fault of the record that is being processed. Failures of Kafka itself are passed on. Confined
 * to the thread of its task.
 */
final class LostOutput {
    static final int TRIES = 3;

    private static final Logger LOG = LoggerFactory.getLogger(LostOutput.class);

    /** Holes that are given up with one record, and when the clock says so. */
    private static final int PER_RECORD = 4;

    private static final int PER_SECOND = 256;

    private final LiveTerminals terminals;
    private final NodeWatches watches;
    private final OutputIntake intake;
    private final long waitMillis;
    private final ErrorIds errorIds = new ErrorIds();
    /** Of the first in the ring. */
    private int failed;

    LostOutput(LiveTerminals terminals, NodeWatches watches, OutputIntake intake, long waitMillis) {
        this.terminals = terminals;
        this.watches = watches;
        this.intake = intake;
        this.waitMillis = waitMillis;
    }

    void onRecord() {
        if (failed == 0) {
            giveUp(PER_RECORD);
        }
    }

    void onClock() {
        giveUp(PER_SECOND);
    }

    private void giveUp(int count) {
        Holes holes = terminals.holes();
        for (int i = 0; i < count; i++) {
            Optional<TerminalHole> due = holes.due(waitMillis);
            if (due.isEmpty() || !isDone(due.get())) {
                return;
            }
            holes.removeFirst();
            failed = 0;
        }
    }

    private boolean isDone(TerminalHole hole) {
        try {
            intake.giveUp(hole);
            return true;
        } catch (KafkaException e) {
            throw e;
        } catch (RuntimeException e) {
            forget(hole);
            failed++;
            if (failed < TRIES) {
                return false;
            }
            LOG.atError()
                    .setCause(e)
                    .addKeyValue("errorId", errorIds.get())
                    .addKeyValue("node", hole.getNodeId())
                    .addKeyValue("terminal", hole.getTerminalId())
                    .log("a gap could not be written");
            waitNoMore(hole);
            return true;
        }
    }

    private void waitNoMore(TerminalHole hole) {
        try {
            intake.waitNoMore(hole);
        } catch (KafkaException e) {
            throw e;
        } catch (RuntimeException e) {
            // its stored state cannot be read, which was already logged
            forget(hole);
        }
    }

    private void forget(TerminalHole hole) {
        terminals.forgetTerminals(hole.getNodeId());
        watches.forget(hole.getNodeId());
    }
}
