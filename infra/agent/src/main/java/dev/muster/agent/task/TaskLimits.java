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

    /** KILL works at once, but a machine that has much to do may be slow to show it. */
    private static final long GONE_MILLIS_MIN = 1_000;

    public static TaskLimits defaults() {
        return new TaskLimits(QUIET_MILLIS_DEFAULT, DRAIN_MILLIS_DEFAULT, KILL_AFTER_MILLIS_DEFAULT);
    }

    /** From KILL until the task ends without the processes that are still there. */
    long goneAfterMillis() {
        return Math.max(killAfterMillis, GONE_MILLIS_MIN);
    }

    /** From the request to end until the task ends, whatever its processes do. */
    public long endMillisMax() {
        return killAfterMillis + goneAfterMillis();
    }
}
