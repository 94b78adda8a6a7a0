package dev.muster.e2e.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * A connection between an agent and a gateway. It may break, and both ends learn that. It may also go silent, and
 * neither end learns that: the client's keep-alive then ends it after a while, on the client's side only.
 */
final class Connection {
    /** 30 s without a sign of life, and 20 s for the answer to a ping, as the agent has it. */
    private static final long KEEP_ALIVE_MILLIS = 50_000;

    private final World world;
    private final GatewayNode gateway;
    private final List<Call<?, ?>> calls = new ArrayList<>();
    private boolean usable = true;
    private boolean silent;
    private String session = "";

    Connection(World world, GatewayNode gateway) {
        this.world = world;
        this.gateway = gateway;
    }

    GatewayNode gateway() {
        return gateway;
    }

    /** Whether a new call of the client goes over it. */
    boolean isUsable() {
        return usable;
    }

    boolean isSilent() {
        return silent;
    }

    /** The session that the client was welcomed to and still has; or empty. */
    String session() {
        return session;
    }

    void session(String id) {
        session = id;
    }

    void add(Call<?, ?> call) {
        calls.add(call);
    }

    void remove(Call<?, ?> call) {
        calls.remove(call);
    }

    /** Both ends learn of it. */
    void cut() {
        if (usable) {
            usable = false;
            List.copyOf(calls).forEach(call -> call.cut(!silent, true));
        }
    }

    /** Nothing passes in either direction from now on, and neither end is told. */
    void silence() {
        if (usable && !silent) {
            silent = true;
            world.time.after(KEEP_ALIVE_MILLIS, () -> {
                if (usable) {
                    usable = false;
                    List.copyOf(calls).forEach(call -> call.cut(false, true));
                }
            });
        }
    }
}
