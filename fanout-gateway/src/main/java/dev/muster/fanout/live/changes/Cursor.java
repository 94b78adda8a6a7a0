package dev.muster.fanout.live.changes;

import dev.muster.fanout.log.ring.PartitionRing.Bounds;

/**
 * A session's position in one partition of the views, and the source that serves it. Pure.
 *
 * <pre>
 *            the ring has it   behind the ring, within the budget   beyond the budget   lost, or the ring started again
 * TAIL       TAIL              CATCH_UP                             GAP                 GAP
 * CATCH_UP   TAIL              CATCH_UP                             GAP                 GAP
 * GAP        GAP               GAP                                  GAP                 GAP
 * </pre>
 *
 * GAP is left only by moving to another place. The budget is a number of records of the partition, for whichever
 * session: those that were already read again, and those still between the cursor and the ring.
 */
final class Cursor {
    enum Mode {
        /** Served from the ring. */
        TAIL,
        /** Served from the log, up to the ring. */
        CATCH_UP,
        /** Records were passed over; a new position is needed. */
        GAP
    }

    private final long budgetMax;
    private Mode mode = Mode.TAIL;
    private long offset;
    private int epoch;
    private long spent;
    private String gapReason = "";

    /** @param budgetMax records that are read again for this session before it catches up */
    Cursor(long budgetMax) {
        this.budgetMax = budgetMax;
    }

    /** Moves to an offset of the log in this epoch of the ring. */
    void standAt(long newOffset, int ringEpoch) {
        offset = newOffset;
        epoch = ringEpoch;
        spent = 0;
        mode = Mode.TAIL;
        gapReason = "";
    }

    /** The source of the next records. */
    Mode look(Bounds ring) {
        if (mode == Mode.GAP) {
            return mode;
        }
        if (ring.epoch() != epoch) {
            lose("log-restarted");
        } else if (offset >= ring.start()) {
            mode = Mode.TAIL;
            spent = 0;
        } else if (spent + (ring.start() - offset) > budgetMax) {
            lose("behind");
        } else {
            mode = Mode.CATCH_UP;
        }
        return mode;
    }

    /** Advances to an offset; everything before it is done. */
    void advance(long next) {
        if (mode == Mode.CATCH_UP) {
            spent += next - offset;
        }
        offset = next;
    }

    /** The records that it should have read are gone. */
    void lose(String reason) {
        mode = Mode.GAP;
        gapReason = reason;
    }

    Mode mode() {
        return mode;
    }

    /** Offset of the next record. */
    long offset() {
        return offset;
    }

    int epoch() {
        return epoch;
    }

    /** Why there is a gap. */
    String gapReason() {
        return gapReason;
    }
}
