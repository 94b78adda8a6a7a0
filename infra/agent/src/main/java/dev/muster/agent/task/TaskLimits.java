package dev.muster.agent.task;

/**
 * How long the end of a task may take.
 *
 * @param quietMillis after the command's end, for a process that it left behind, holds the output open and prints
 *     nothing
 * @param drainMillis after the command's end, for such a process that goes on printing
 * @param killAfterMillis from the request to end until KILL
 */
public record TaskLimits(long quietMillis, long drainMillis, long killAfterMillis) {
    public static final long QUIET_MILLIS_DEFAULT = 1_000;
    public static final long DRAIN_MILLIS_DEFAULT = 10_000;
    public static final long KILL_AFTER_MILLIS_DEFAULT = 5_000;

    public static TaskLimits defaults() {
        return new TaskLimits(QUIET_MILLIS_DEFAULT, DRAIN_MILLIS_DEFAULT, KILL_AFTER_MILLIS_DEFAULT);
    }
}
