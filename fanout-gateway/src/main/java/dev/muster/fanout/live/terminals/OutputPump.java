package dev.muster.fanout.live.terminals;

import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.frames.OutputFrames;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.ReadOutcome;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns live output of one terminal into frames of one attach, continuing from what was shown ({@link OutputSeam}).
 * Output is skipped if too much of it waits, or if it is gone. Confined to the session's context.
 */
final class OutputPump {
    /** How far a read came. */
    enum Outcome {
        /** There may be more. */
        MORE,
        /** There is nothing now. */
        NOTHING,
        /** The next output cannot be shown before the missing output. */
        MISSING,
        /** Records were passed over. */
        SKIPPED,
        /** The terminal's stream has ended. */
        ENDED
    }

    private final SessionHost host;
    private final OutputSeam seam;
    private final byte[] refTail;
    private @Nullable Outcome stopped;

    /** @param refTail behind every frame's body */
    OutputPump(SessionHost host, OutputSeam seam, byte[] refTail) {
        this.host = host;
        this.seam = seam;
        this.refTail = refTail;
    }

    /** Adds what can be sent now. */
    Outcome fill(TerminalTail source, Batch batch) {
        Lag lag = source.lag();
        if (lag.bytes() > host.services().limits().attachLagBytesMax()) {
            host.services().metrics().accepted.increment((double) lag.records());
            host.services().metrics().skipped.increment((double) lag.records());
            return skip(source, "slow");
        }
        stopped = null;
        ReadOutcome outcome = source.read(batch.bytesLeft(), entry -> take(entry, batch));
        if (outcome == ReadOutcome.LOST) {
            return skip(source, "behind");
        }
        @Nullable Outcome stop = stopped;
        if (stop != null) {
            return stop;
        }
        return outcome == ReadOutcome.SOME ? Outcome.MORE : Outcome.NOTHING;
    }

    private Outcome skip(TerminalTail source, String reason) {
        source.toEnd();
        seam.skip(reason);
        return Outcome.SKIPPED;
    }

    private boolean take(Entry entry, Batch batch) {
        if (stopped != null) {
            return false;
        }
        TerminalViewRecord record = (TerminalViewRecord) entry.value();
        OutputSeam.Step step = seam.step(record);
        if (step == OutputSeam.Step.KNOWN) {
            return true;
        }
        if (step == OutputSeam.Step.MISSING) {
            seam.missed(record);
            stopped = Outcome.MISSING;
            return false;
        }
        host.services().metrics().accepted.increment();
        batch.countRecord(entry.atMillis());
        List<byte[]> bodies = step == OutputSeam.Step.CUT
                ? OutputFrames.of(record.getRaw(), seam.mark())
                : entry.bodies(0, () -> OutputFrames.of(record));
        seam.passed(record);
        for (int i = 0; i < bodies.size(); i++) {
            ByteBuffer frame = Frames.join(bodies.get(i), refTail);
            // after the last frame of a record the client has all of it
            @Nullable String position = i == bodies.size() - 1 ? host.livePosition() : null;
            batch.add(position == null ? frame : Frames.withPosition(frame, position));
        }
        if (OutputFrames.isEnd(record)) {
            stopped = Outcome.ENDED;
        }
        return true;
    }
}
