package dev.muster.registry.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.records.v1.Connected;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.store.v1.Session;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.NodeTransitions;

/**
 * Which connection of a node counts.
 *
 * <pre>
 * a new connection ...                        becomes
 * of a node that is deleted or disabled       refused
 * with the session id of the last one         nothing: a repeat
 * of the same instance, older counters        refused: its stream is dead or dying
 * of the same instance, otherwise             the current one
 * of another instance                         the current one: the newest in the log wins
 * </pre>
 *
 * Refused, and superseded, connections are closed at their gateway with the reason.
 */
public final class SessionTransitions {
    private SessionTransitions() {}

    /** What a connection became. */
    public enum Verdict {
        CURRENT,
        REFUSED,
        REPEATED
    }

    public static Verdict connect(NodeDraft draft, NodeEventRecord event) {
        if (!draft.exists()) {
            return refuse(draft, event, ErrorCode.NODE_DELETED, "there is no such node");
        }
        if (!draft.record().getEnabled()) {
            return refuse(draft, event, ErrorCode.NODE_DISABLED, "the node is disabled");
        }
        Session last = draft.session();
        if (last.getSessionId().equals(event.getSessionId())) {
            return Verdict.REPEATED;
        }
        Connected connected = event.getConnected();
        if (isOlder(connected.getHello(), last)) {
            return refuse(draft, event, ErrorCode.SESSION_SUPERSEDED, "a newer connection of this agent is known");
        }
        if (last.getConnected()) {
            draft.close(
                    last.getGatewayId(),
                    last.getSessionId(),
                    ErrorCode.SESSION_SUPERSEDED,
                    "a newer connection has taken over");
        }
        accept(draft, event, connected);
        return Verdict.CURRENT;
    }

    /** Ends the current session; word of any other changes nothing. */
    public static void end(NodeDraft draft, String sessionId, String reason) {
        if (isCurrent(draft, sessionId)) {
            draft.endSession();
            draft.status(NodeTransitions.Event.DISCONNECTED, reason);
        }
    }

    public static boolean isCurrent(NodeDraft draft, String sessionId) {
        return draft.exists()
                && draft.session().getConnected()
                && draft.session().getSessionId().equals(sessionId);
    }

    private static boolean isOlder(Hello hello, Session last) {
        if (!hello.getInstanceId().equals(last.getInstanceId())) {
            return false;
        }
        int boots = Long.compareUnsigned(hello.getBootCounter(), last.getBootCounter());
        return boots < 0
                || (boots == 0 && Long.compareUnsigned(hello.getConnectSequence(), last.getConnectSequence()) < 0);
    }

    private static Verdict refuse(NodeDraft draft, NodeEventRecord event, ErrorCode code, String detail) {
        draft.close(event.getGatewayId(), event.getSessionId(), code, detail);
        return Verdict.REFUSED;
    }

    private static void accept(NodeDraft draft, NodeEventRecord event, Connected connected) {
        Hello hello = connected.getHello();
        NodeState.Builder state = draft.state().toBuilder()
                .setLastSeenMillis(draft.nowMillis())
                .setConnectedSinceMillis(draft.nowMillis())
                .setAgentVersion(hello.getAgentVersion())
                .setSessionId(event.getSessionId())
                .setGatewayId(event.getGatewayId())
                .setInstanceId(hello.getInstanceId());
        if (hello.hasHost()) {
            state.setHost(hello.getHost());
        }
        draft.stored(draft.stored().toBuilder()
                .setState(state)
                .setSession(Session.newBuilder()
                        .setSessionId(event.getSessionId())
                        .setGatewayId(event.getGatewayId())
                        .setInstanceId(hello.getInstanceId())
                        .setBootCounter(hello.getBootCounter())
                        .setConnectSequence(hello.getConnectSequence())
                        .setHeartbeatIntervalMillis(connected.getHeartbeatIntervalMillis())
                        .setConnected(true))
                .build());
        draft.status(NodeTransitions.Event.CONNECTED, "connected");
    }
}
