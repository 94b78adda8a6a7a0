package dev.muster.cli.terminal;

import java.io.ByteArrayOutputStream;

/**
 * Finds {@code ~.} at the beginning of a typed line, as ssh does. {@code ~~} there stands for one {@code ~}. A
 * {@code ~} is held back until the next key decides its meaning.
 *
 * <pre>
 *             CR or LF     ~            .            other
 * LINE_START  LINE_START   TILDE        IN_LINE      IN_LINE
 * TILDE       LINE_START   IN_LINE      DETACHED     IN_LINE
 * IN_LINE     LINE_START   IN_LINE      IN_LINE      IN_LINE
 * </pre>
 */
final class DetachKeys {
    private enum State {
        LINE_START,
        TILDE,
        IN_LINE,
        DETACHED
    }

    private State state = State.LINE_START;

    /** The typed bytes that go to the node. After {@link #detached} there are none. */
    byte[] typed(byte[] bytes, int length) {
        ByteArrayOutputStream passed = new ByteArrayOutputStream(length + 1);
        for (int i = 0; i < length && state != State.DETACHED; i++) {
            byte b = bytes[i];
            if (state == State.LINE_START && b == '~') {
                state = State.TILDE;
                continue;
            }
            if (state == State.TILDE && b == '.') {
                state = State.DETACHED;
                continue;
            }
            if (state == State.TILDE && b != '~') {
                passed.write('~');
            }
            passed.write(b);
            state = b == '\r' || b == '\n' ? State.LINE_START : State.IN_LINE;
        }
        return passed.toByteArray();
    }

    boolean detached() {
        return state == State.DETACHED;
    }
}
