package dev.muster.fanout.output;

import dev.muster.proto.agent.v1.Exit;
import org.jspecify.annotations.Nullable;

/**
 * The exit code in an exit marker. An agent that returned after its command had gone knows no code, and reports -1
 * without a signal.
 */
public final class ExitCode {
    private static final int UNKNOWN = -1;

    private ExitCode() {}

    /** Null if it is unknown. */
    public static @Nullable Integer of(Exit exit) {
        return exit.getExitCode() == UNKNOWN && exit.getSignal().isEmpty() ? null : (Integer) exit.getExitCode();
    }
}
