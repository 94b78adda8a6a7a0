package dev.muster.registry.liveness;

import dev.muster.proto.agent.v1.Vitals;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.registry.liveness.Silence.Cause;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes of one partition recently showed a sign of life. The clock is the append time of the heartbeats topic, so
 * a replay of the log gives the same results.
 *
 * <p>A node is never blamed for a silence that Muster causes:
 *
 * <ul>
 * <li>after a start, a restore or a jump of the clock, every node has the full time again;
 * <li>behind a silent gateway a node is UNKNOWN. It becomes OFFLINE only after there was a gateway through which it
 * could have returned, for the whole time that a return takes;
 * <li>many nodes that fall silent at once are UNKNOWN for the same time;
 * <li>a second of log time brings at most a limited number of changes for the worse; the others wait in line and are
 * checked again.
 * </ul>
 *
 * In memory only, rebuilt from the stored states. Confined to the thread of its partition.
 */
public final class Liveness {
    private static final long SLOT_MILLIS = 250;
    private static final long INTERVAL_MILLIS_MAX = 600_000;
    /** A record that is further ahead of the clock says nothing of the time. */
    private static final long AHEAD_MILLIS_MAX = 60_000;

    private final LivenessSettings settings;
    private final VitalsPolicy vitalsPolicy;
    private final Gateways gateways;
    private final MassSilence mass;
    private final Map<String, Pulse> pulses = new HashMap<>();
    private final TimingWheel<Pulse> wheel = new TimingWheel<>(SLOT_MILLIS);
    private final Deque<Pulse> fallen = new ArrayDeque<>();
    private long clockMillis;
    private long floorMillis;
    private long massEvents;

    /** What is to be done about a heartbeat. */
    public enum Heard {
        /** Not of the current session. */
        IGNORED,
        NOTED,
        /** Worth writing down. */
        DUE
    }

    public Liveness(LivenessSettings settings) {
        this.settings = settings;
        this.vitalsPolicy = new VitalsPolicy(settings);
        this.gateways = new Gateways(settings.gatewayMillis());
        this.mass = new MassSilence(settings);
    }

    /** 0 before the first record. */
    public long clockMillis() {
        return clockMillis;
    }

    /** Log time for a decision on a record of another topic: its own append time, unless the clock is past it. */
    public long nowMillis(long recordMillis) {
        return clockMillis == 0 || recordMillis - clockMillis <= AHEAD_MILLIS_MAX
                ? Math.max(clockMillis, recordMillis)
                : clockMillis;
    }

    /** How often many nodes fell silent at once. */
    public long massEvents() {
        return massEvents;
    }

    /** Nodes whose change for the worse waits for room. */
    public int waiting() {
        return fallen.size();
    }

    /** Follows a node's current session; replaces what was known of another one. */
    public void follow(
            String nodeId,
            String sessionId,
            String gatewayId,
            long intervalMillis,
            long memoryTotalBytes,
            NodeStatus status,
            Vitals vitals) {
        follow(new Pulse(
                nodeId,
                sessionId,
                gateways.of(gatewayId, clockMillis),
                intervalMillis > 0 ? Math.min(INTERVAL_MILLIS_MAX, intervalMillis) : settings.intervalMillisDefault(),
                memoryTotalBytes,
                false,
                status,
                vitals));
    }

    /** Follows a node that has no session and is expected back: it is OFFLINE when it does not come. */
    public void expect(String nodeId, String sessionId, String gatewayId) {
        follow(new Pulse(
                nodeId,
                sessionId,
                gateways.of(gatewayId, clockMillis),
                settings.intervalMillisDefault(),
                0,
                true,
                NodeStatus.UNKNOWN,
                Vitals.getDefaultInstance()));
    }

    /** What is now written down of a node that is followed. */
    public void written(String nodeId, NodeStatus status, Vitals vitals) {
        Pulse pulse = pulses.get(nodeId);
        if (pulse != null) {
            pulse.status = status;
            pulse.written = WrittenVitals.of(vitals);
            pulse.writtenMillis = clockMillis;
        }
    }

    public void forget(String nodeId) {
        Pulse pulse = pulses.remove(nodeId);
        if (pulse != null) {
            gateways.release(pulse);
        }
    }

    public boolean follows(String nodeId, String sessionId) {
        Pulse pulse = pulses.get(nodeId);
        return pulse != null && !pulse.absent && pulse.sessionId.equals(sessionId);
    }

    public boolean expects(String nodeId, String sessionId) {
        Pulse pulse = pulses.get(nodeId);
        return pulse != null && pulse.absent && pulse.sessionId.equals(sessionId);
    }

    /** @param vitals null: it said none */
    public Heard heard(String nodeId, String sessionId, @Nullable Vitals vitals) {
        Pulse pulse = pulses.get(nodeId);
        if (pulse == null || pulse.absent || !pulse.sessionId.equals(sessionId)) {
            return Heard.IGNORED;
        }
        gateways.heard(pulse.gateway.id, clockMillis);
        pulse.heardMillis = clockMillis;
        await(pulse);
        if (pulse.writtenMillis < 0) {
            // refreshes of what was written before a start are spread, not all at once
            pulse.writtenMillis = clockMillis - Math.floorMod(nodeId.hashCode(), settings.refreshMillis());
        }
        boolean due = pulse.status != NodeStatus.ONLINE
                || vitalsPolicy.isDue(pulse.written, vitals, pulse.memoryTotalBytes, clockMillis - pulse.writtenMillis);
        return due ? Heard.DUE : Heard.NOTED;
    }

    /** A gateway's tick. */
    public void gatewayHeard(String gatewayId) {
        gateways.heard(gatewayId, clockMillis);
    }

    /** Whether many nodes have fallen silent at once, of late. */
    public boolean isMass() {
        return mass.isNow(clockMillis);
    }

    /** Moves the clock to a record's append time. */
    public void moveClock(long appendMillis) {
        if (appendMillis <= clockMillis) {
            return;
        }
        if (clockMillis == 0 || appendMillis - clockMillis > settings.jumpMillis()) {
            floorMillis = appendMillis;
            gateways.forgive(appendMillis);
        }
        clockMillis = appendMillis;
    }

    /** Who has been silent for too long by now, each time once. */
    public List<Silence> judge() {
        List<Silence> silences = new ArrayList<>(0);
        gateways.judge(clockMillis, gateway -> gateway.pulses.forEach(this::fallBehind));
        for (int waiting = fallen.size(); waiting > 0 && mass.hasRoom(clockMillis); waiting--) {
            Pulse pulse = fallen.removeFirst();
            pulse.inLine = false;
            judge(pulse, silences);
        }
        wheel.advance(clockMillis, pulse -> {
            if (clockMillis >= pulse.dueMillis) {
                pulse.dueMillis = Long.MAX_VALUE;
            }
            judge(pulse, silences);
        });
        return silences;
    }

    private void follow(Pulse pulse) {
        // first, so that a gateway that both are behind is not given up in between
        pulse.gateway.pulses.add(pulse);
        forget(pulse.nodeId);
        pulse.heardMillis = clockMillis;
        pulse.writtenMillis = clockMillis == 0 ? -1 : clockMillis;
        pulses.put(pulse.nodeId, pulse);
        await(pulse);
    }

    private void fallBehind(Pulse pulse) {
        if (!pulse.inLine) {
            pulse.inLine = true;
            fallen.addLast(pulse);
        }
    }

    private void judge(Pulse pulse, List<Silence> silences) {
        if (pulses.get(pulse.nodeId) != pulse || pulse.inLine) {
            return;
        }
        Silence silence = pulse.absent || pulse.gateway.silent ? behindSilence(pulse) : within(pulse);
        if (silence == null) {
            return;
        }
        if (!mass.hasRoom(clockMillis)) {
            fallBehind(pulse);
            return;
        }
        mass.changed();
        silences.add(silence);
        // what comes next is looked at from the status that is now written down
        await(pulse, clockMillis + SLOT_MILLIS);
    }

    /** Its gateway is silent, or it lost its session through no fault of its own. */
    private @Nullable Silence behindSilence(Pulse pulse) {
        if (pulse.status == NodeStatus.OFFLINE) {
            return null;
        }
        if (pulse.status != NodeStatus.UNKNOWN) {
            return silence(pulse, NodeStatus.UNKNOWN, Cause.GATEWAY);
        }
        long since = Math.max(
                Math.max(pulse.absent ? pulse.heardMillis : pulse.gateway.silentSinceMillis, floorMillis),
                gateways.openSinceMillis(clockMillis));
        long due = since + settings.returnMillis();
        if (clockMillis >= due) {
            return silence(pulse, NodeStatus.OFFLINE, Cause.NOT_BACK);
        }
        await(pulse, due);
        return null;
    }

    private @Nullable Silence within(Pulse pulse) {
        long silentMillis = clockMillis - lastMillis(pulse);
        if (silentMillis < staleAfter(pulse)) {
            await(pulse);
            return null;
        }
        if (pulse.status == NodeStatus.OFFLINE) {
            // heard again, it comes back into the wheel
            return null;
        }
        if (gateways.isDoubtful(pulse.gateway, clockMillis)) {
            await(pulse, clockMillis + SLOT_MILLIS);
            return null;
        }
        if (pulse.status == NodeStatus.ONLINE && mass.hasRoom(clockMillis) && mass.fell(clockMillis, pulses.size())) {
            massEvents++;
        }
        if (mass.isNow(clockMillis)) {
            if (pulse.status != NodeStatus.UNKNOWN) {
                return silence(pulse, NodeStatus.UNKNOWN, Cause.MASS);
            }
            await(pulse, mass.untilMillis());
            return null;
        }
        if (silentMillis >= offlineAfter(pulse)) {
            return silence(pulse, NodeStatus.OFFLINE, Cause.THREE_INTERVALS);
        }
        if (pulse.status == NodeStatus.ONLINE) {
            return silence(pulse, NodeStatus.STALE, Cause.TWO_INTERVALS);
        }
        await(pulse);
        return null;
    }

    private static Silence silence(Pulse pulse, NodeStatus status, Cause cause) {
        return new Silence(pulse.nodeId, pulse.sessionId, status, cause, pulse.heardMillis);
    }

    private void await(Pulse pulse) {
        long lastMillis = lastMillis(pulse);
        boolean isStale = clockMillis - lastMillis >= staleAfter(pulse);
        await(pulse, lastMillis + (isStale ? offlineAfter(pulse) : staleAfter(pulse)));
    }

    private void await(Pulse pulse, long dueMillis) {
        if (dueMillis < pulse.dueMillis) {
            pulse.dueMillis = dueMillis;
            wheel.add(dueMillis, pulse);
        }
    }

    private long lastMillis(Pulse pulse) {
        return Math.max(Math.max(pulse.heardMillis, pulse.gateway.backMillis), floorMillis);
    }

    private long staleAfter(Pulse pulse) {
        return 2 * pulse.intervalMillis + settings.slackMillis();
    }

    private long offlineAfter(Pulse pulse) {
        return 3 * pulse.intervalMillis + settings.slackMillis();
    }
}
