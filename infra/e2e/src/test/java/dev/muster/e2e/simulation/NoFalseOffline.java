package dev.muster.e2e.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import java.util.List;

/**
 * No node is called OFFLINE because of a record that was written while the node had been in touch, in one session, for
 * longer than the time after which silence counts. This holds whatever happens to the broker, the registry, ticks and
 * clocks meanwhile.
 */
final class NoFalseOffline implements Invariant {
    /** Three intervals, the slack, and what a record may take to the log. */
    static final long GRACE_MILLIS = 3L * GatewayNode.HEARTBEAT_MILLIS + 1_000 + 4_000;

    private final VirtualTime time;
    private final List<AgentNode> agents;
    private final Contacts contacts;

    NoFalseOffline(VirtualTime time, List<AgentNode> agents, Contacts contacts) {
        this.time = time;
        this.agents = agents;
        this.contacts = contacts;
    }

    @Override
    public void afterStep() {
        for (AgentNode agent : agents) {
            contacts.seen(agent.nodeId(), agent.session(), time.millis());
        }
    }

    @Override
    public void committed(Topic topic, int partition, MemoryLog.Entry entry) {
        byte[] value = entry.value();
        if (topic != Topic.NODE_STATE || value == null) {
            return;
        }
        try {
            check(NodeState.parseFrom(value), entry.causeMillis());
        } catch (InvalidProtocolBufferException e) {
            throw Invariant.violation(NoFalseOffline.class, "a state that cannot be read");
        }
    }

    private void check(NodeState state, long causeMillis) {
        if (state.getStatus() == NodeStatus.OFFLINE
                && contacts.lasted(state.getNodeId(), causeMillis - GRACE_MILLIS, causeMillis)) {
            throw Invariant.violation(
                    NoFalseOffline.class,
                    "%s is called offline (%s) for what was written at %.3f, and had been in touch for %d ms"
                            .formatted(state.getNodeId(), state.getStatusReason(), causeMillis / 1000.0, GRACE_MILLIS));
        }
    }
}
