package dev.muster.ingress.session;

import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import java.util.ArrayList;
import java.util.List;

/** Remembers what a session wanted. */
final class RecordingEffects implements AgentSession.Effects {
    final List<GatewayMessage> sent = new ArrayList<>();
    final List<HeartbeatRecord> heartbeats = new ArrayList<>();
    final List<NodeEventRecord> events = new ArrayList<>();
    final List<Refusal> refusals = new ArrayList<>();
    final List<String> mended = new ArrayList<>();

    @Override
    public void send(GatewayMessage message) {
        sent.add(message);
    }

    @Override
    public void publishHeartbeat(HeartbeatRecord heartbeat) {
        heartbeats.add(heartbeat);
    }

    @Override
    public void publishEvent(NodeEventRecord event) {
        events.add(event);
    }

    @Override
    public void mended(String message) {
        mended.add(message);
    }

    @Override
    public void closed(Refusal refusal) {
        refusals.add(refusal);
    }
}
