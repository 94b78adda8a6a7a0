package dev.muster.fanout.output;

import dev.muster.proto.agent.v1.Exit;
import org.jspecify.annotations.Nullable;

/** The exit code in an exit marker. An agent that came back after its command had gone knows none, and says -1 without a signal. */
public final class ExitCode {
    private static final int UNKNOWN = -1;

    private ExitCode() {}

    /** Null where nobody knows it. */
    public static @Nullable Integer of(Exit exit) {
        return exit.getExitCode() == UNKNOWN && exit.getSignal().isEmpty() ? null : (Integer) exit.getExitCode();
    }
}
