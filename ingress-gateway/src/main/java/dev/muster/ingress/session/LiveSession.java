package dev.muster.ingress.session;

import dev.muster.proto.agent.v1.GatewayMessage;

/** A session as others on this gateway see it. Every method may be called from any thread and returns at once. */
public interface LiveSession {
    String nodeId();

    String sessionId();

    String instanceId();

    /** Of the agent's clock. */
    ClockOffset clockOffset();

    /** Sends the message after those before it; a session that does not read is ended. */
    void deliver(GatewayMessage message);

    /** Ends the session. */
    void close(Refusal refusal);

    /** Looks again at whether the node may be connected. */
    void recheck();

    /** Makes this the session's only output stream; an earlier one is ended. */
    void attach(Attached output);

    void detach(Attached output);

    /** A stream that ends with its session. */
    interface Attached {
        void close(Refusal refusal);
    }
}
