package dev.muster.ingress.session;

/**
 * Limits of one control stream.
 *
 * @param heartbeatIntervalMillis told to the agent; three intervals without a heartbeat end the session
 * @param helloTimeoutMillis until the first message
 * @param heartbeatBytesMax largest heartbeat
 * @param messagesPerSecond heartbeats that an agent may send in the long run
 * @param messagesBurst how many of them at once
 * @param taskEventsPerSecond task events that an agent may send in the long run; ten times as many at once, since after
 *     an outage all arrive together
 * @param heartbeatsTotalMax heartbeats a second of all the gateway's sessions together; beyond it the interval grows
 * @param output told to the agent
 */
public record SessionLimits(
        int heartbeatIntervalMillis,
        int helloTimeoutMillis,
        int heartbeatBytesMax,
        int messagesPerSecond,
        int messagesBurst,
        int taskEventsPerSecond,
        int heartbeatsTotalMax,
        OutputLimits output) {
    private static final int INTERVAL_MILLIS_MAX = 600_000;

    /**
     * The limits of a session that begins next to this many others: its interval keeps all of them within the total.
     */
    public SessionLimits among(int sessions) {
        long needed = Math.min(INTERVAL_MILLIS_MAX, sessions * 1_000L / heartbeatsTotalMax);
        return needed <= heartbeatIntervalMillis
                ? this
                : new SessionLimits(
                        (int) needed,
                        helloTimeoutMillis,
                        heartbeatBytesMax,
                        messagesPerSecond,
                        messagesBurst,
                        taskEventsPerSecond,
                        heartbeatsTotalMax,
                        output);
    }

    /** How long an agent may be silent. */
    public long silenceMillisMax() {
        return 3L * heartbeatIntervalMillis;
    }
}
