package dev.muster.bench.report;

import java.util.Optional;

/**
 * A benchmark's wait reached its limit. That is no fault of the measured product: the machine may be too slow. The
 * figures that depend on the wait are reported as not measured, with this message as the reason.
 */
public final class WaitRanOut extends RuntimeException {
    private static final long serialVersionUID = 1;

    public WaitRanOut(String reason) {
        super(reason);
    }

    /** The one that a failure was caused by, perhaps in another thread. */
    public static Optional<WaitRanOut> in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof WaitRanOut ranOut) {
                return Optional.of(ranOut);
            }
        }
        return Optional.empty();
    }

    /** The first line of the message; the rest may be a process's log. */
    public String reason() {
        return String.valueOf(getMessage()).lines().findFirst().orElse("");
    }
}
