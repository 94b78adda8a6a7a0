package dev.muster.registry.liveness;

import dev.muster.proto.records.v1.NodeStatus;

/**
 * A node without a sign of life for too long.
 *
 * @param sessionId its session; for a node that is expected back, the ended one
 * @param status STALE, OFFLINE or UNKNOWN
 * @param heardMillis log time of its last sign of life; 0: none since this instance follows the clock
 */
public record Silence(String nodeId, String sessionId, NodeStatus status, Cause cause, long heardMillis) {
    /** Why it is said. */
    public enum Cause {
        TWO_INTERVALS("no heartbeat for 2 intervals"),
        THREE_INTERVALS("no heartbeat for 3 intervals"),
        GATEWAY("its gateway is silent"),
        MASS("many nodes fell silent at once"),
        NOT_BACK("it has not come back after its gateway fell silent");

        private final String reason;

        Cause(String reason) {
            this.reason = reason;
        }

        /** For people. */
        public String reason() {
            return reason;
        }
    }
}
