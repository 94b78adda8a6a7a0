package dev.muster.registry.terminal.history;

import com.google.protobuf.ByteString;
import dev.muster.registry.terminal.output.Position;
import dev.muster.terminal.engine.TimedLineSink;

/** Sees what becomes of a terminal while its steps are taken. */
public interface TerminalObserver extends TimedLineSink {
    /** Bytes were taken that begin at a position. */
    void data(ByteString bytes, Position from);

    /** Some bytes or a marker have been taken, the position has moved; now frames may be cut. */
    void advanced(LiveTerminal terminal);
}
