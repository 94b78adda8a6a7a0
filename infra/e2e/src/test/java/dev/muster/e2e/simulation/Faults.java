package dev.muster.e2e.simulation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The faults from outside and their times: all by chance, until it is time to come to rest. */
final class Faults {
    private final World world;
    private final List<AgentNode> agents;
    private final List<GatewayNode> gateways;
    private final RegistryNode registry;
    private final List<FanoutNode> fanouts;
    private final List<Viewer> viewers;

    private enum Fault {
        KILL_AGENT,
        LOSE_DISK,
        KILL_GATEWAY,
        KILL_REGISTRY,
        ABORT_TASK,
        CUT_CONNECTION,
        SILENCE_CONNECTION,
        BROKER_AWAY,
        CLOCK_JUMP,
        GATEWAY_CLOCK,
        KILL_FANOUT,
        CUT_VIEWER,
        PAUSE_VIEWER
    }

    Faults(
            World world,
            List<AgentNode> agents,
            List<GatewayNode> gateways,
            RegistryNode registry,
            List<FanoutNode> fanouts,
            List<Viewer> viewers) {
        this.world = world;
        this.agents = agents;
        this.gateways = gateways;
        this.registry = registry;
        this.fanouts = fanouts;
        this.viewers = viewers;
    }

    /** Begins to make trouble. */
    void begin() {
        world.time.after(world.chance.between(100, 8_000), () -> {
            if (world.isFaulty()) {
                happen(world.chance.of(List.of(Fault.values())));
                begin();
            }
        });
    }

    /** Makes good what is broken. */
    void end() {
        world.calm();
        world.note("from now on nothing goes wrong");
        world.log.available(true);
        gateways.forEach(gateway -> {
            if (!gateway.isAlive()) {
                gateway.start();
            }
        });
        registry.start();
        fanouts.forEach(FanoutNode::start);
        agents.forEach(AgentNode::start);
    }

    private void happen(Fault fault) {
        switch (fault) {
            case KILL_AGENT -> killAgent(false);
            case LOSE_DISK -> {
                if (world.chance.oneIn(3)) {
                    killAgent(true);
                }
            }
            case KILL_GATEWAY -> {
                GatewayNode gateway = world.chance.of(gateways);
                if (gateway.isAlive()) {
                    gateway.kill();
                    agents.forEach(agent -> broken(agent, gateway));
                    world.time.after(downMillis(), () -> {
                        if (!gateway.isAlive()) {
                            gateway.start();
                        }
                    });
                }
            }
            case KILL_REGISTRY -> {
                registry.kill();
                world.time.after(downMillis(), registry::start);
            }
            case ABORT_TASK -> registry.abort();
            case CUT_CONNECTION -> {
                Connection connection = world.chance.of(agents).connection();
                if (connection != null) {
                    world.note("a connection to " + connection.gateway() + " breaks");
                    connection.cut();
                }
            }
            case SILENCE_CONNECTION -> {
                Connection connection = world.chance.of(agents).connection();
                if (connection != null && world.chance.oneIn(2)) {
                    world.note("a connection to " + connection.gateway() + " goes silent");
                    connection.silence();
                }
            }
            case BROKER_AWAY -> {
                if (world.log.isAvailable()) {
                    world.note("the broker is away");
                    world.log.available(false);
                    world.time.after(world.chance.between(100, 8_000), () -> world.log.available(true));
                }
            }
            case CLOCK_JUMP -> {
                if (world.chance.oneIn(2)) {
                    long offset = world.chance.between(-20_000, 120_000);
                    world.note("the broker's clock is set off by " + offset + " ms");
                    world.log.clockOffset(offset);
                }
            }
            case KILL_FANOUT -> {
                FanoutNode fanout = world.chance.of(fanouts);
                fanout.kill();
                viewers.forEach(viewer -> viewer.gatewayDied(fanout));
                world.time.after(downMillis(), fanout::start);
            }
            case CUT_VIEWER -> world.chance.of(viewers).cut();
            case PAUSE_VIEWER -> world.chance.of(viewers).pause(world.chance.between(100, 18_000));
            case GATEWAY_CLOCK -> world.chance.of(gateways).clockOffset(world.chance.between(-60_000, 60_000));
        }
    }

    private void killAgent(boolean withDisk) {
        AgentNode agent = world.chance.of(agents);
        if (agent.isAlive()) {
            agent.kill();
            if (withDisk) {
                agent.loseDisk();
            }
            world.time.after(downMillis(), agent::start);
        }
    }

    private void broken(AgentNode agent, GatewayNode gateway) {
        @Nullable Connection connection = agent.connection();
        if (connection != null && connection.gateway() == gateway) {
            if (world.chance.oneIn(4)) {
                connection.silence();
            } else {
                connection.cut();
            }
        }
    }

    private long downMillis() {
        return world.chance.oneIn(6) ? world.chance.between(10_000, 40_000) : world.chance.between(50, 5_000);
    }
}
