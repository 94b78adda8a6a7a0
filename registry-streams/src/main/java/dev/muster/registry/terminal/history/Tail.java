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

    /** What the time of a step counts. */
    private static final int TIME_BYTES = 4;

    private List<Step> last = new ArrayList<>();
    private int lastBytes;
    private List<Step> pending = new ArrayList<>();
    private int slots;
    /** Before the first step of the last block; null if that block was written without it. */
    private @Nullable Position from = Position.START;

    private long fromMillis;
    private Position end = Position.START;
    private long endMillis;

    /** @param atMillis when it came; 0 in a terminal without times */
    private record Step(TerminalStep step, long atMillis) {
        int bytes() {
            return (step.hasData() ? step.getData().size() : Playback.MARKER_WEIGHT) + (atMillis == 0 ? 0 : TIME_BYTES);
        }
    }

    /** @param atMillis when they came; 0 in a terminal without times */
    void data(ByteString bytes, long atMillis) {
        add(pending, new Step(TerminalStep.newBuilder().setData(bytes).build(), atMillis));
    }

    void step(TerminalStep step, long atMillis) {
        pending.add(new Step(step, atMillis));
    }

    boolean isPending() {
        return !pending.isEmpty();
    }

    /** Goes on behind a block that is in the store. */
    void restore(TerminalBlock block) {
        slots++;
        fromMillis = endMillis;
        last = new ArrayList<>();
        for (int i = 0; i < block.getStepsCount(); i++) {
            endMillis += i < block.getLaterMillisCount() ? block.getLaterMillis(i) : 0;
            last.add(new Step(block.getSteps(i), endMillis));
        }
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
     * @param timed whether the steps have times
     */
    TerminalBlock.Builder take(Position upTo, boolean timed) {
        if (isGrowing()) {
            pending.forEach(step -> add(last, step));
        } else {
            last = pending;
            slots++;
            from = end;
            fromMillis = endMillis;
        }
        pending = new ArrayList<>();
        lastBytes = bytes(last);
        end = upTo;
        TerminalBlock.Builder block = TerminalBlock.newBuilder().setMark(upTo.toMark());
        long before = fromMillis;
        for (Step step : last) {
            block.addSteps(step.step());
            if (timed) {
                block.addLaterMillis(step.atMillis() - before);
            }
            before = step.atMillis();
        }
        endMillis = before;
        if (from != null) {
            block.setFrom(from.toMark());
        }
        return block;
    }

    /** Slots in use. */
    int slots() {
        return slots;
    }

    /**
     * The head holds everything up to this position: the next block begins there.
     *
     * @param millis the time of the last step; 0: none, or a terminal without times
     */
    void clear(Position upTo, long millis) {
        end = upTo;
        endMillis = millis;
        last = new ArrayList<>();
        pending = new ArrayList<>();
        lastBytes = 0;
        slots = 0;
    }

    private boolean isGrowing() {
        return slots > 0 && lastBytes < SMALL_BYTES;
    }

    private static void add(List<Step> steps, Step next) {
        int end = steps.size() - 1;
        Step before = end < 0 ? null : steps.get(end);
        if (before != null
                && next.step().hasData()
                && before.step().hasData()
                && next.atMillis() == before.atMillis()) {
            ByteString joined = before.step().getData().concat(next.step().getData());
            steps.set(end, new Step(TerminalStep.newBuilder().setData(joined).build(), next.atMillis()));
        } else {
            steps.add(next);
        }
    }

    private static int bytes(List<Step> steps) {
        return steps.stream().mapToInt(Step::bytes).sum();
    }
}
