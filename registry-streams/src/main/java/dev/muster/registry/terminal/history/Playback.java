package dev.muster.registry.terminal.history;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.store.v1.TerminalBlock;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.proto.store.v1.TerminalState;
import dev.muster.proto.store.v1.TerminalStep;
import dev.muster.terminal.engine.TerminalEngine;
import dev.muster.terminal.engine.TerminalOptions;
import dev.muster.terminal.engine.TimedLineSink;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An engine that takes the steps of a terminal's stream, from a checkpoint on, and the final lines that are in no
 * segment yet. Where the bytes go missing, the reader sees how many.
 */
public final class Playback {
    /** What a marker counts in the tail, in bytes. */
    static final int MARKER_WEIGHT = 16;

    private static final int LINE_BYTES_MAX = 64 << 10;
    /** Cancels an escape sequence that was cut off. */
    private static final byte CAN = 0x18;

    private final TerminalEngine engine;
    private final OpenLines openLines;
    private final boolean timed;
    private int stateBytes;
    private WindowSize size;
    private boolean atLineStart;
    /** Of the last step that was played from the tail. */
    private long playedMillis;

    private long weight;

    /**
     * @param state null before the first checkpoint with a state
     * @param finals also gets each line that becomes final
     */
    Playback(TerminalHead head, @Nullable TerminalState state, TimedLineSink finals) {
        timed = TerminalRules.haveTimes(head);
        playedMillis = head.getLastAtMillis();
        openLines = new OpenLines(head.getSealedLines());
        size = head.getSize();
        TimedLineSink sink = new KeptAndSeen(openLines, finals);
        if (state == null) {
            TerminalOptions options = options(head);
            engine = timed ? TerminalEngine.timed(options, sink) : new TerminalEngine(options, sink);
            stateBytes = 0;
            atLineStart = true;
        } else {
            openLines.restore(state.getOpenLines(), timed ? StoredTimes.millis(state.getOpenTimes()) : new long[0]);
            engine = TerminalEngine.restore(state.getEngine().toByteArray(), sink);
            stateBytes = state.getEngine().size();
            atLineStart = state.getAtLineStart();
        }
    }

    private record KeptAndSeen(OpenLines kept, TimedLineSink seen) implements TimedLineSink {
        @Override
        public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
            kept.line(number, utf8, offset, length, atMillis);
            seen.line(number, utf8, offset, length, atMillis);
        }

        @Override
        public void part(long number, byte[] utf8, int offset, int length, long atMillis) {
            kept.line(number, utf8, offset, length, atMillis);
            seen.part(number, utf8, offset, length, atMillis);
        }
    }

    /**
     * The engine at a terminal's position.
     *
     * @param slots how many blocks of the tail there are
     * @throws IllegalStateException if head, state and blocks are not of one epoch
     */
    static Playback restore(
            TerminalReads reads, String node, String terminal, TerminalHead head, int slots, TimedLineSink finals) {
        TerminalState state = head.getEpoch() == 0 ? null : reads.state(node, terminal);
        if (head.getEpoch() != (state == null ? 0 : state.getEpoch())) {
            throw new IllegalStateException("state and head are of different epochs");
        }
        Playback playback = new Playback(head, state, finals);
        for (int slot = 0; slot < slots; slot++) {
            TerminalBlock block = reads.block(node, terminal, slot);
            if (block == null || block.getEpoch() != head.getEpoch()) {
                throw new IllegalStateException("block and head are of different epochs");
            }
            playback.apply(block);
        }
        return playback;
    }

    private static TerminalOptions options(TerminalHead head) {
        TerminalOptions options = TerminalOptions.defaults().withLineBytesMax(LINE_BYTES_MAX);
        if (!head.getPty()) {
            return options;
        }
        WindowSize size = head.getSize();
        TerminalOptions pty = options.withLfIsCrlf(false);
        return size.getCols() == 0 || size.getRows() == 0 ? pty : pty.withSize(size.getCols(), size.getRows());
    }

    /** Plays a block of the tail; they come in their order, before any other step. */
    void apply(TerminalBlock block) {
        for (int i = 0; i < block.getStepsCount(); i++) {
            // an instance of an older release that held the partition meanwhile has left the times out
            playedMillis += timed && i < block.getLaterMillisCount() ? block.getLaterMillis(i) : 0;
            apply(block.getSteps(i), playedMillis);
        }
    }

    private void apply(TerminalStep step, long atMillis) {
        switch (step.getStepCase()) {
            case DATA -> data(step.getData(), 0, step.getData().size(), atMillis);
            case RESIZE -> resize(step.getResize());
            case GAP_BYTES -> gap(step.getGapBytes(), atMillis);
            case STEP_NOT_SET -> throw new IllegalStateException("a step without contents in the tail");
        }
    }

    /** @param atMillis when they came; a terminal without times ignores it */
    void data(ByteString bytes, int from, int to, long atMillis) {
        byte[] piece = bytes.substring(from, to).toByteArray();
        engine.feed(piece, 0, piece.length, atMillis);
        atLineStart = piece[piece.length - 1] == '\n';
        weight += piece.length;
    }

    void resize(WindowSize newSize) {
        weight += MARKER_WEIGHT;
        if (newSize.getCols() > 0 && newSize.getRows() > 0) {
            size = newSize;
            engine.resize(newSize.getCols(), newSize.getRows());
        }
    }

    void gap(long bytes, long atMillis) {
        weight += MARKER_WEIGHT;
        if (bytes == 0) {
            return;
        }
        String line = (atLineStart ? "" : "\r\n") + "[... " + bytes + " bytes lost ...]\r\n";
        engine.feed(new byte[] {CAN}, 0, 1, atMillis);
        byte[] text = line.getBytes(StandardCharsets.US_ASCII);
        engine.feed(text, 0, text.length, atMillis);
        atLineStart = true;
    }

    void end() {
        engine.end();
    }

    /** The engine's state; all but one row of a window that would need more than so many bytes is made final first. */
    byte[] save(int bytesMax) {
        byte[] state = engine.save();
        if (state.length > bytesMax) {
            int cols = engine.cols();
            int rows = engine.rows();
            engine.resize(cols, 1);
            engine.resize(cols, rows);
            state = engine.save();
        }
        return state;
    }

    /** What a checkpoint writes down of this, with a state that {@link #save} made. */
    TerminalState state(long epoch, byte[] saved) {
        TerminalState.Builder state = TerminalState.newBuilder()
                .setEpoch(epoch)
                .setEngine(UnsafeByteOperations.unsafeWrap(saved))
                .setOpenLines(openLines.text())
                .setAtLineStart(atLineStart);
        if (timed && openLines.count() > 0) {
            state.setOpenTimes(openLines.times(0, openLines.count()));
        }
        return state.build();
    }

    /** A checkpoint was written; the tail starts again. */
    void checkpointed(int savedBytes) {
        stateBytes = savedBytes;
        weight = 0;
    }

    public OpenLines openLines() {
        return openLines;
    }

    public TerminalEngine engine() {
        return engine;
    }

    /** As the agent gave it; the default instance for a pipe. */
    public WindowSize size() {
        return size;
    }

    /** As the engine has it, for a pipe too. */
    public WindowSize window() {
        return WindowSize.newBuilder()
                .setCols(engine.cols())
                .setRows(engine.rows())
                .build();
    }

    boolean atLineStart() {
        return atLineStart;
    }

    /** Bytes and markers since the checkpoint. */
    long weight() {
        return weight;
    }

    /** Size of the state that this went on from. */
    int stateBytes() {
        return stateBytes;
    }
}
