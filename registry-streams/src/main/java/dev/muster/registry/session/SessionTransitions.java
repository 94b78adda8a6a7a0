package dev.muster.registry.session;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.store.v1.Session;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.NodeTransitions;
import java.util.ArrayList;
import java.util.List;

/**
 * Which connection of a node counts.
 *
 * <pre>
 * a new connection ...                             becomes
 * of a node that is deleted or disabled            refused
 * with the session id of the last one              nothing: a repeat
 * of the same instance, older counters             refused: its stream is dead or dying
 * ... again, of another process, none is connected the current one; a clone is suspected
 * ... again, of another process, one is connected  refused, and a clone is suspected
 * of the same instance and start, another process  as of another instance: the state directory was copied
 * of the same instance, otherwise                  the current one
 * of another instance, none is connected           the current one
 * of another instance, one is connected            the current one: the newest in the log wins; a clone is suspected
 * ... and it was so three times within a minute    refused, until it has not tried for a minute or the other is gone
 * </pre>
 *
 * Refused, and superseded, connections are closed at their gateway with the reason.
 */
public final class SessionTransitions {
    static final int TAKEOVERS_MAX = 3;
    static final long TAKEOVERS_MILLIS = 60_000;
    /** How long a suspicion is shown after the last sign of it. */
    static final long SUSPICION_MILLIS = 600_000;

    private SessionTransitions() {}

    /** What a connection became. */
    public enum Verdict {
        CURRENT,
        REFUSED,
        REPEATED
    }

    /** @param hello of the event, by the rules */
    public static Verdict connect(NodeDraft draft, NodeEventRecord event, Hello hello) {
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
        boolean copied = isCopy(hello, last);
        if (!copied && isOlder(hello, last)) {
            return refuseOlder(draft, event, hello);
        }
        boolean contested = last.getConnected() && (copied || !isSameInstance(hello, last));
        if (contested && refusesOthers(draft, last)) {
            return refuseClone(
                    draft,
                    event,
                    "copies of the agent took the node from each other " + TAKEOVERS_MAX + " times within a minute");
        }
        if (last.getConnected()) {
            draft.close(
                    last.getGatewayId(),
                    last.getSessionId(),
                    ErrorCode.SESSION_SUPERSEDED,
                    "a newer connection has taken over");
        }
        accept(draft, event, hello, contested, contested || copied);
        return Verdict.CURRENT;
    }

    /** Ends the current session; word of any other changes nothing. */
    public static void end(NodeDraft draft, String sessionId, String reason) {
        if (isCurrent(draft, sessionId)) {
            draft.endSession();
            draft.status(NodeTransitions.Event.DISCONNECTED, reason);
        }
    }

    /** Ends the current session through no fault of the node: it is expected back and UNKNOWN meanwhile. */
    public static void interrupt(NodeDraft draft, String sessionId, String reason) {
        if (isCurrent(draft, sessionId)) {
            draft.endSession();
            if (draft.state().getStatus() == NodeStatus.UNKNOWN) {
                draft.status(NodeStatus.UNKNOWN, reason);
            } else {
                draft.status(NodeTransitions.Event.DOUBTED, reason);
            }
        }
    }

    /** Whether a node without a session is expected back. */
    public static boolean isExpected(NodeDraft draft, String sessionId) {
        return draft.exists()
                && !draft.session().getConnected()
                && draft.session().getSessionId().equals(sessionId)
                && draft.state().getStatus() == NodeStatus.UNKNOWN;
    }

    /** Ends the suspicion where its time is over. */
    public static void trust(NodeDraft draft) {
        if (draft.exists()
                && draft.state().getCloneSuspected()
                && draft.session().getCloneSuspectedUntilMillis() <= draft.nowMillis()) {
            draft.state(draft.state().toBuilder().clearCloneSuspected().build());
            if (draft.state().getStatus() == NodeStatus.ONLINE) {
                draft.status(NodeStatus.ONLINE, "connected");
            }
        }
    }

    public static boolean isCurrent(NodeDraft draft, String sessionId) {
        return draft.exists()
                && draft.session().getConnected()
                && draft.session().getSessionId().equals(sessionId);
    }

    /** Whether the agent has not started again since the last session. */
    public static boolean isSameStart(Hello hello, Session last) {
        return isSameInstance(hello, last)
                && hello.getBootCounter() == last.getBootCounter()
                && hello.getProcessId().equals(last.getProcessId());
    }

    private static boolean isSameInstance(Hello hello, Session last) {
        return hello.getInstanceId().equals(last.getInstanceId());
    }

    /** A start is counted on the disk before anything else, so two processes of one start have two disks. */
    private static boolean isCopy(Hello hello, Session last) {
        return isSameInstance(hello, last)
                && hello.getBootCounter() == last.getBootCounter()
                && isAnotherProcess(hello, last.getProcessId());
    }

    /**
     * Whether an accepted agent runs on another disk than the agent of the last session. One of the two disks is then a
     * copy.
     */
    public static boolean isOtherCopy(Hello hello, Session last) {
        return isCopy(hello, last) || isOlder(hello, last);
    }

    private static boolean isAnotherProcess(Hello hello, String process) {
        return !process.isEmpty()
                && !hello.getProcessId().isEmpty()
                && !hello.getProcessId().equals(process);
    }

    private static boolean isOlder(Hello hello, Session last) {
        if (!isSameInstance(hello, last)) {
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

    /**
     * A process of an earlier start is usually dead, and its connection is late in the log. If it comes again, it lives
     * beside the newer one, so there are two disks. It gets the node if the newer one is gone.
     */
    private static Verdict refuseOlder(NodeDraft draft, NodeEventRecord event, Hello hello) {
        Session last = draft.session();
        String process = hello.getProcessId();
        if (isAnotherProcess(hello, last.getProcessId())) {
            boolean isRefused = process.equals(last.getRefusedProcessId());
            boolean isRepeat = isRefused && event.getSessionId().equals(last.getRefusedSessionId());
            if (isRefused && !isRepeat && !last.getConnected()) {
                accept(draft, event, hello, false, true);
                return Verdict.CURRENT;
            }
            draft.stored(draft.stored().toBuilder()
                    .setSession(last.toBuilder().setRefusedProcessId(process).setRefusedSessionId(event.getSessionId()))
                    .build());
            if (isRefused && !isRepeat) {
                return refuseClone(draft, event, "a copy of the agent was started later than this one");
            }
        }
        return refuse(draft, event, ErrorCode.SESSION_SUPERSEDED, "a newer connection of this agent is known");
    }

    private static boolean refusesOthers(NodeDraft draft, Session last) {
        return draft.nowMillis() < last.getRefusesOthersUntilMillis()
                || recentTakeovers(draft, last).size() >= TAKEOVERS_MAX;
    }

    private static List<Long> recentTakeovers(NodeDraft draft, Session last) {
        return last.getTakeoversAtMillisList().stream()
                .filter(at -> draft.nowMillis() - at < TAKEOVERS_MILLIS)
                .toList();
    }

    private static Verdict refuseClone(NodeDraft draft, NodeEventRecord event, String detail) {
        draft.stored(draft.stored().toBuilder()
                .setSession(draft.session().toBuilder()
                        .setRefusesOthersUntilMillis(draft.nowMillis() + TAKEOVERS_MILLIS)
                        .setCloneSuspectedUntilMillis(draft.nowMillis() + SUSPICION_MILLIS))
                .setState(draft.state().toBuilder().setCloneSuspected(true))
                .build());
        if (draft.state().getStatus() == NodeStatus.ONLINE) {
            draft.status(NodeStatus.ONLINE, "clone suspected: another copy of the agent is refused");
        }
        return refuse(draft, event, ErrorCode.CLONE_SUSPECTED, detail);
    }

    private static void accept(
            NodeDraft draft, NodeEventRecord event, Hello hello, boolean contested, boolean doubtful) {
        Session last = draft.session();
        List<Long> takeovers = new ArrayList<>(recentTakeovers(draft, last));
        if (contested) {
            takeovers.add(draft.nowMillis());
        }
        long suspectedUntil = doubtful ? draft.nowMillis() + SUSPICION_MILLIS : last.getCloneSuspectedUntilMillis();
        boolean suspected = suspectedUntil > draft.nowMillis();
        NodeState.Builder state = draft.state().toBuilder()
                .setLastSeenMillis(draft.nowMillis())
                .setConnectedSinceMillis(draft.nowMillis())
                .setAgentVersion(hello.getAgentVersion())
                .setSessionId(event.getSessionId())
                .setGatewayId(event.getGatewayId())
                .setInstanceId(hello.getInstanceId())
                .setCloneSuspected(suspected);
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
                        .setProcessId(hello.getProcessId())
                        .setHeartbeatIntervalMillis(event.getConnected().getHeartbeatIntervalMillis())
                        .setConnected(true)
                        .addAllCapabilities(hello.getCapabilitiesList())
                        .addAllTakeoversAtMillis(takeovers)
                        .setCloneSuspectedUntilMillis(suspected ? suspectedUntil : 0))
                .build());
        draft.status(
                NodeTransitions.Event.CONNECTED,
                suspected ? "connected; clone suspected: another copy of the agent was connected" : "connected");
    }
}
