package dev.muster.registry.terminal.history;

import com.google.protobuf.ByteString;
import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalStep;
import dev.muster.registry.terminal.output.Position;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps since the last checkpoint, as blocks that are written once; only a block that is still small is written
 * again with more in it, so that many tiny steps do not make many blocks.
 */
final class Tail {
    /** A block with fewer bytes of steps takes in the next ones. */
    static final int SMALL_BYTES = 512;

    private List<TerminalStep> last = new ArrayList<>();
    private int lastBytes;
    private List<TerminalStep> pending = new ArrayList<>();
    private int slots;
    /** Before the first step of the last block; null if that block was written without it. */
    private @Nullable Position from = Position.START;

    private Position end = Position.START;

    void data(ByteString bytes) {
        add(pending, TerminalStep.newBuilder().setData(bytes).build());
    }

    void step(TerminalStep step) {
        pending.add(step);
    }

    boolean isPending() {
        return !pending.isEmpty();
    }

    /** Goes on behind a block that is in the store. */
    void restore(TerminalBlock block) {
        slots++;
        last = new ArrayList<>(block.getStepsList());
        lastBytes = bytes(last);
        from = block.hasFrom() ? Position.of(block.getFrom()) : null;
        end = Position.of(block.getMark());
    }

    /** The slot that {@link #take} writes. */
    int slot() {
        return isGrowing() ? slots - 1 : slots;
    }

    /**
     * The block to write, which counts as written from now on.
     *
     * @param upTo the position after the last step
     */
    TerminalBlock.Builder take(Position upTo) {
        if (isGrowing()) {
            pending.forEach(step -> add(last, step));
        } else {
            last = pending;
            slots++;
            from = end;
        }
        pending = new ArrayList<>();
        lastBytes = bytes(last);
        end = upTo;
        TerminalBlock.Builder block =
                TerminalBlock.newBuilder().setMark(upTo.toMark()).addAllSteps(last);
        if (from != null) {
            block.setFrom(from.toMark());
        }
        return block;
    }

    /** Slots in use. */
    int slots() {
        return slots;
    }

    /** The head holds everything up to this position: the next block begins there. */
    void clear(Position upTo) {
        end = upTo;
        last = new ArrayList<>();
        pending = new ArrayList<>();
        lastBytes = 0;
        slots = 0;
    }

    private boolean isGrowing() {
        return slots > 0 && lastBytes < SMALL_BYTES;
    }

    private static void add(List<TerminalStep> steps, TerminalStep step) {
        int end = steps.size() - 1;
        if (step.hasData() && end >= 0 && steps.get(end).hasData()) {
            ByteString joined = steps.get(end).getData().concat(step.getData());
            steps.set(end, TerminalStep.newBuilder().setData(joined).build());
        } else {
            steps.add(step);
        }
    }

    private static int bytes(List<TerminalStep> steps) {
        int bytes = 0;
        for (TerminalStep step : steps) {
            bytes += step.hasData() ? step.getData().size() : Playback.MARKER_WEIGHT;
        }
        return bytes;
    }
}
