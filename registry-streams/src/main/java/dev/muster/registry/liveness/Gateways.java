package dev.muster.registry.liveness;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which gateways show signs of life: their own ticks, and the heartbeats that they pass on. Only gateways with followed
 * nodes are remembered one by one, so an invented gateway takes no memory.
 */
final class Gateways {
    private static final long SLOT_MILLIS = 250;

    private final long silentAfterMillis;
    private final Map<String, Gateway> byId = new HashMap<>();
    private final TimingWheel<Gateway> wheel = new TimingWheel<>(SLOT_MILLIS);
    private long anyHeardMillis;
    private long anySinceMillis;

    static final class Gateway {
        final String id;
        final Set<Pulse> pulses = new HashSet<>();
        long heardMillis;
        boolean silent;
        long silentSinceMillis;
        /**
         * When it showed a sign of life again after a silence: its nodes are not blamed for heartbeats missed during
         * it.
         */
        long backMillis;

        Gateway(String id, long heardMillis) {
            this.id = id;
            this.heardMillis = heardMillis;
        }
    }

    Gateways(long silentAfterMillis) {
        this.silentAfterMillis = silentAfterMillis;
    }

    /** The gateway that a session is behind; a session that begins is a sign of it. */
    Gateway of(String id, long clockMillis) {
        return byId.computeIfAbsent(id, made -> {
            Gateway gateway = new Gateway(id, clockMillis);
            await(gateway);
            return gateway;
        });
    }

    void release(Pulse pulse) {
        pulse.gateway.pulses.remove(pulse);
        if (pulse.gateway.pulses.isEmpty()) {
            byId.remove(pulse.gateway.id, pulse.gateway);
        }
    }

    void heard(String id, long clockMillis) {
        if (clockMillis - anyHeardMillis > silentAfterMillis) {
            anySinceMillis = clockMillis;
        }
        anyHeardMillis = clockMillis;
        Gateway gateway = byId.get(id);
        if (gateway != null) {
            heard(gateway, clockMillis);
        }
    }

    private static void heard(Gateway gateway, long clockMillis) {
        gateway.heardMillis = clockMillis;
        if (gateway.silent) {
            gateway.silent = false;
            gateway.backMillis = clockMillis;
        }
    }

    /** The clock has jumped: no gateway is blamed for the silence. */
    void forgive(long clockMillis) {
        for (Gateway gateway : byId.values()) {
            gateway.heardMillis = Math.max(gateway.heardMillis, clockMillis);
        }
    }

    /** Tells of each gateway that fell silent, once. */
    void judge(long clockMillis, Consumer<Gateway> silent) {
        wheel.advance(clockMillis, gateway -> {
            if (byId.get(gateway.id) != gateway) {
                return;
            }
            if (!gateway.silent && clockMillis - gateway.heardMillis >= silentAfterMillis) {
                gateway.silent = true;
                gateway.silentSinceMillis = clockMillis;
                silent.accept(gateway);
            }
            await(gateway, clockMillis);
        });
    }

    /** The gateway has been silent for so long that it may be the cause of its nodes' silence. */
    boolean isDoubtful(Gateway gateway, long clockMillis) {
        return clockMillis - gateway.heardMillis > silentAfterMillis / 2;
    }

    /**
     * The time since which there was always a gateway that a node could have returned through; the present if there is
     * none now.
     */
    long openSinceMillis(long clockMillis) {
        return clockMillis - anyHeardMillis > silentAfterMillis ? clockMillis : anySinceMillis;
    }

    private void await(Gateway gateway) {
        wheel.add(gateway.heardMillis + silentAfterMillis, gateway);
    }

    // a silent one is looked at now and then, so that one that was heard again is judged again
    private void await(Gateway gateway, long clockMillis) {
        wheel.add(Math.max(gateway.heardMillis, gateway.silent ? clockMillis : 0) + silentAfterMillis, gateway);
    }
}
