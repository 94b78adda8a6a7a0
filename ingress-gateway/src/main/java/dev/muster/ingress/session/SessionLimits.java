package dev.muster.ingress.session;

/**
 * Limits of one control stream.
 *
 * @param heartbeatIntervalMillis told to the agent; three of them without a heartbeat end the session
 * @param helloTimeoutMillis until the first message
 * @param heartbeatBytesMax largest heartbeat
 * @param messagesPerSecond heartbeats and events that an agent may send in the long run
 * @param messagesBurst how many of them at once
 * @param output told to the agent
 */
public record SessionLimits(
        int heartbeatIntervalMillis,
        int helloTimeoutMillis,
        int heartbeatBytesMax,
        int messagesPerSecond,
        int messagesBurst,
        OutputLimits output) {
    /** How long an agent may be silent. */
    public long silenceMillisMax() {
        return 3L * heartbeatIntervalMillis;
    }
}
