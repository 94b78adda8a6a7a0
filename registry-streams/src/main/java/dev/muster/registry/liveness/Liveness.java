package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.NodeStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who of one partition was heard lately. The clock is the append time of the heartbeats topic, so a replay of the log judges alike.
 * Silence of ours is never held against a node: after a start, a restore or a jump of the clock, everyone has the full time again.
 *
 * <p>Memory only, rebuilt from the stored states; confined to the thread of its partition.
 */
public final class Liveness {
    private static final long SLOT_MILLIS = 250;

    private final LivenessSettings settings;
    private final VitalsPolicy vitalsPolicy;
    private final Map<String, Pulse> pulses = new HashMap<>();
    private final TimingWheel<Pulse> wheel = new TimingWheel<>(SLOT_MILLIS);
    private long clockMillis;
    private long floorMillis;

    /** What is to be done about a heartbeat. */
    public enum Heard {
        /** Not of the current session. */
        IGNORED,
        NOTED,
        /** Worth writing down. */
        DUE
    }

    private static final class Pulse {
        final String nodeId;
        final String sessionId;
        final long intervalMillis;
        final long memoryTotalBytes;
        NodeStatus status;
        long heardMillis;
        long writtenMillis;
        Vitals written;
        boolean inWheel;

        Pulse(
                String nodeId,
                String sessionId,
                long intervalMillis,
                long memoryTotalBytes,
                NodeStatus status,
                Vitals written) {
            this.nodeId = nodeId;
            this.sessionId = sessionId;
            this.intervalMillis = intervalMillis;
            this.memoryTotalBytes = memoryTotalBytes;
            this.status = status;
            this.written = written;
        }
    }

    public Liveness(LivenessSettings settings) {
        this.settings = settings;
        this.vitalsPolicy = new VitalsPolicy(settings);
    }

    /** 0 before the first record. */
    public long clockMillis() {
        return clockMillis;
    }

    /** Log time for a decision on a record of another topic. */
    public long nowMillis(long recordMillis) {
        return clockMillis > 0 ? clockMillis : recordMillis;
    }

    /** Follows a node's current session; replaces what was known of another one. */
    public void follow(
            String nodeId,
            String sessionId,
            long intervalMillis,
            long memoryTotalBytes,
            NodeStatus status,
            Vitals vitals) {
        Pulse pulse = new Pulse(
                nodeId,
                sessionId,
                intervalMillis > 0 ? intervalMillis : settings.intervalMillisDefault(),
                memoryTotalBytes,
                status,
                vitals);
        pulse.heardMillis = clockMillis;
        pulse.writtenMillis = clockMillis;
        pulses.put(nodeId, pulse);
        await(pulse);
    }

    /** What is now written down of a node that is followed. */
    public void written(String nodeId, NodeStatus status, Vitals vitals) {
        Pulse pulse = pulses.get(nodeId);
        if (pulse != null) {
            pulse.status = status;
            pulse.written = vitals;
            pulse.writtenMillis = clockMillis;
        }
    }

    public void forget(String nodeId) {
        pulses.remove(nodeId);
    }

    public boolean follows(String nodeId, String sessionId) {
        Pulse pulse = pulses.get(nodeId);
        return pulse != null && pulse.sessionId.equals(sessionId);
    }

    public Heard heard(String nodeId, String sessionId, Vitals vitals) {
        Pulse pulse = pulses.get(nodeId);
        if (pulse == null || !pulse.sessionId.equals(sessionId)) {
            return Heard.IGNORED;
        }
        pulse.heardMillis = clockMillis;
        await(pulse);
        boolean due = pulse.status != NodeStatus.ONLINE
                || vitalsPolicy.isDue(pulse.written, vitals, pulse.memoryTotalBytes, clockMillis - pulse.writtenMillis);
        return due ? Heard.DUE : Heard.NOTED;
    }

    /** Moves the clock to a record's append time. */
    public void moveClock(long appendMillis) {
        if (appendMillis <= clockMillis) {
            return;
        }
        if (clockMillis == 0 || appendMillis - clockMillis > settings.jumpMillis()) {
            floorMillis = appendMillis;
        }
        clockMillis = appendMillis;
    }

    /** Who has been silent for too long by now, each time once. */
    public List<Silence> judge() {
        List<Silence> silences = new ArrayList<>(0);
        wheel.advance(clockMillis, pulse -> {
            Silence silence = judge(pulse);
            if (silence != null) {
                silences.add(silence);
            }
        });
        return silences;
    }

    private @Nullable Silence judge(Pulse pulse) {
        pulse.inWheel = false;
        if (pulses.get(pulse.nodeId) != pulse) {
            return null;
        }
        long silentMillis = clockMillis - lastMillis(pulse);
        if (silentMillis >= offlineAfter(pulse)) {
            // heard again, it comes back into the wheel
            return pulse.status == NodeStatus.OFFLINE ? null : silence(pulse, NodeStatus.OFFLINE);
        }
        Silence silence = silentMillis >= staleAfter(pulse) && pulse.status == NodeStatus.ONLINE
                ? silence(pulse, NodeStatus.STALE)
                : null;
        await(pulse);
        return silence;
    }

    private static Silence silence(Pulse pulse, NodeStatus status) {
        return new Silence(pulse.nodeId, pulse.sessionId, status, pulse.heardMillis);
    }

    private void await(Pulse pulse) {
        if (!pulse.inWheel) {
            pulse.inWheel = true;
            long silentMillis = clockMillis - lastMillis(pulse);
            long after = silentMillis >= staleAfter(pulse) ? offlineAfter(pulse) : staleAfter(pulse);
            wheel.add(lastMillis(pulse) + after, pulse);
        }
    }

    private long lastMillis(Pulse pulse) {
        return Math.max(pulse.heardMillis, floorMillis);
    }

    private long staleAfter(Pulse pulse) {
        return 2 * pulse.intervalMillis + settings.slackMillis();
    }

    private long offlineAfter(Pulse pulse) {
        return 3 * pulse.intervalMillis + settings.slackMillis();
    }
}
