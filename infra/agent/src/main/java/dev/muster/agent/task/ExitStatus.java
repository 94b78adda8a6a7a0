package dev.muster.agent.task;

/**
 * How a process ended.
 *
 * @param code its exit code, or 128 and the signal's number; {@link Tasks#EXIT_UNKNOWN} if the system does not report
 *     it
 * @param signal name of the signal that ended the process, or empty: a process that exits with 137 by itself was not
 *     ended by a signal
 */
public record ExitStatus(int code, String signal) {
    public static final ExitStatus UNKNOWN = new ExitStatus(Tasks.EXIT_UNKNOWN, "");

    /** Decodes the status of {@code waitpid}. */
    static ExitStatus ofWait(int status) {
        int signal = status & 0x7f;
        return signal == 0
                ? new ExitStatus((status >> 8) & 0xff, "")
                : new ExitStatus(128 + signal, Signals.name(signal));
    }
}
