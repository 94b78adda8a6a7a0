package dev.muster.e2e.simulation;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.identity.Identity;
import dev.muster.agent.link.GatewayLink;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.spool.SpoolLimits;
import dev.muster.agent.task.Journal;
import dev.muster.agent.task.Tasks;
import dev.muster.agent.vitals.VitalsSource;
import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.Host;
import dev.muster.proto.agent.v1.Vitals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A machine with the reference agent: its link, journal, spool and tasks, on a real directory. It can be killed and
 * started again, also without its disk.
 */
final class AgentNode {
    private static final long SPOOL_BYTES_MAX = 1 << 20;

    private final World world;
    private final String name;
    private final String nodeId;
    private final Path dir;
    private final List<GatewayNode> gateways;
    private int disks;
    private long boots;
    private @Nullable Life life;

    AgentNode(World world, String name, Path dir, List<GatewayNode> gateways) {
        this.world = world;
        this.name = name;
        this.nodeId = nodeIdOf(name);
        this.dir = dir;
        this.gateways = gateways;
    }

    static String nodeIdOf(String name) {
        return Ids.derive(Ids.Kind.NODE, name);
    }

    String nodeId() {
        return nodeId;
    }

    boolean isAlive() {
        return life != null;
    }

    void start() {
        if (life == null) {
            world.note(name + " starts");
            try {
                life = new Life();
                life.begin();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    void kill() {
        Life now = life;
        if (now != null) {
            world.note(name + " is killed");
            life = null;
            now.end();
        }
    }

    /** As another machine that got the same credential: nothing of what it knew is left. */
    void loseDisk() {
        if (life != null) {
            throw new IllegalStateException("running");
        }
        world.note(name + " loses its disk");
        world.ledger.diskLost(nodeId);
        disks++;
        boots = 0;
        try (Stream<Path> files = Files.exists(dir) ? Files.walk(dir) : Stream.empty()) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The connection that it has now. */
    @Nullable
    Connection connection() {
        Life now = life;
        return now == null ? null : now.channel.connection();
    }

    /** The session through which it and a gateway really hear each other now, or empty. */
    String session() {
        Connection connection = connection();
        return connection != null
                        && connection.isUsable()
                        && !connection.isSilent()
                        && connection.gateway().isAlive()
                ? connection.session()
                : "";
    }

    /** Whether all that it printed and did is with the broker. */
    boolean isDelivered() {
        Life now = life;
        return now != null
                && now.spool.heldBytes() == 0
                && now.journal.unacknowledged().isEmpty()
                && now.journal.openTasks().isEmpty();
    }

    @Override
    public String toString() {
        return name;
    }

    /** One process. */
    private final class Life {
        private final ProcessExecutor process = new ProcessExecutor(world.time, AgentNode.this::kill);
        private AgentChannel channel = new AgentChannel(world, gateways, process);
        private final Journal journal;
        private final Spool spool;
        private final GatewayLink link;
        private final Events events = new Events();

        private Life() throws IOException {
            Files.createDirectories(dir);
            spool = new Spool(dir.resolve("spool"), new SpoolLimits(SPOOL_BYTES_MAX, Long.MAX_VALUE, false));
            journal = new Journal(dir.resolve("journal"));
            Tasks tasks = new Tasks(
                    journal,
                    spool,
                    new Disk(),
                    new WallClock(world.time),
                    events,
                    process,
                    executor -> new PrintingRunner(world, nodeId, executor, 48 << 10));
            link = new GatewayLink(
                    AgentConfig.local(dir, "gateway:1", null),
                    new Identity(nodeId, name, GatewayNode.credentialOf(nodeId), "gateway:1", instanceId()),
                    "gateway:1",
                    this::open,
                    ++boots,
                    journal,
                    tasks,
                    spool,
                    new Idle(),
                    "1.0",
                    process,
                    world.chance.fork(),
                    new WallClock(world.time));
        }

        private AgentChannel open() {
            channel = new AgentChannel(world, gateways, process);
            return channel;
        }

        private String instanceId() {
            byte[] disk = (name + "-disk-" + disks).getBytes(StandardCharsets.US_ASCII);
            return UUID.nameUUIDFromBytes(disk).toString();
        }

        private void begin() {
            link.start();
        }

        private void end() {
            process.kill();
            Connection connection = channel.connection();
            if (connection != null) {
                connection.cut();
            }
            try {
                // closing writes nothing: the files stay as they are
                spool.close();
                journal.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private final class Events implements Runnable {
            @Override
            @SuppressWarnings("NullAway") // none comes before the link is there but those of the constructor
            public void run() {
                if (life == Life.this) {
                    link.eventsAvailable();
                }
            }
        }
    }

    private static final class Idle implements VitalsSource {
        @Override
        public Vitals read() {
            return Vitals.getDefaultInstance();
        }

        @Override
        public Host host() {
            return Host.newBuilder().setHostname("host").build();
        }
    }
}
