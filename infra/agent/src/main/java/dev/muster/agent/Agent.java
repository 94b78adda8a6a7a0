package dev.muster.agent;

import dev.muster.agent.disk.Disk;
import dev.muster.agent.identity.Identity;
import dev.muster.agent.identity.StateDir;
import dev.muster.agent.link.Channels;
import dev.muster.agent.link.GatewayLink;
import dev.muster.agent.link.Join;
import dev.muster.agent.settings.AgentConfig;
import dev.muster.agent.settings.AgentException;
import dev.muster.agent.settings.NotJoinedException;
import dev.muster.agent.settings.Reach;
import dev.muster.agent.spool.Spool;
import dev.muster.agent.task.Journal;
import dev.muster.agent.task.Tasks;
import dev.muster.agent.vitals.Vitals;
import dev.muster.proto.agent.v1.JoinResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reference agent: one node's connection to Muster. */
public final class Agent implements AutoCloseable {
    private static final long FLUSH_MILLIS = 3_000;
    private static final long CLOSE_SECONDS = 3;
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

    private final StateDir state;
    private final Identity identity;
    private final String gateway;
    private final Spool spool;
    private final Journal journal;
    private final Tasks tasks;
    private final GatewayLink link;
    private final Disk disk;
    private final ScheduledExecutorService executor;

    private Agent(
            StateDir state,
            Identity identity,
            String gateway,
            Spool spool,
            Journal journal,
            Tasks tasks,
            GatewayLink link,
            Disk disk,
            ScheduledExecutorService executor) {
        this.state = state;
        this.identity = identity;
        this.gateway = gateway;
        this.spool = spool;
        this.journal = journal;
        this.tasks = tasks;
        this.link = link;
        this.disk = disk;
        this.executor = executor;
    }

    /**
     * Joins if necessary, then connects and stays connected until closed.
     *
     * @throws AgentException if the state directory is unusable, or joining failed for good
     */
    public static Agent start(AgentConfig given) throws AgentException, InterruptedException {
        return start(given, line -> {});
    }

    /**
     * The same with a listener.
     *
     * @param say told, in a line for people, why joining takes so long
     */
    public static Agent start(AgentConfig given, Consumer<String> say) throws AgentException, InterruptedException {
        StateDir state = StateDir.open(given.stateDir());
        AgentConfig config = state.reach().map(given::reachingAs).orElse(given);
        try {
            Vitals vitals = new Vitals(Path.of("/proc"));
            Identity identity = identity(state, config, vitals, say);
            String gateway = config.gateway() != null ? config.gateway() : identity.gateway();
            long boot = state.nextBoot();
            ScheduledExecutorService executor = executor("agent-" + identity.name());
            Disk disk = new Disk();
            Spool spool = new Spool(state.spool(), config.spool(), disk);
            Journal journal = new Journal(state.journal(), disk);
            Events events = new Events();
            SteadyClock clock = new SteadyClock();
            Tasks tasks = new Tasks(
                    identity.nodeId(),
                    config.tasks(),
                    config.cgroup(),
                    config.users(),
                    journal,
                    spool,
                    disk,
                    clock,
                    events);
            GatewayLink link = new GatewayLink(
                    config,
                    identity,
                    gateway,
                    () -> Channels.open(gateway, config),
                    boot,
                    journal,
                    tasks,
                    spool,
                    vitals,
                    version(),
                    executor,
                    new Random(),
                    clock);
            events.link = link;
            link.start();
            return new Agent(state, identity, gateway, spool, journal, tasks, link, disk, executor);
        } catch (IOException e) {
            closeQuietly(state, e);
            throw StateDir.unusable(config.stateDir(), e);
        } catch (LinkageError e) {
            // the native part is unpacked into a temporary directory
            AgentException told = new AgentException(
                    "cannot load the native code for signals and terminals (" + e.getMessage()
                            + "): is the disk of the home directory or of java.io.tmpdir full?",
                    e);
            closeQuietly(state, told);
            throw told;
        } catch (AgentException | InterruptedException | RuntimeException e) {
            closeQuietly(state, e);
            throw e;
        }
    }

    public String nodeId() {
        return identity.nodeId();
    }

    public String name() {
        return identity.name();
    }

    /** Completes at the first connection. */
    public CompletableFuture<Void> connected() {
        return link.connected();
    }

    /** Why the agent is not connected now, for people; empty while it is connected. */
    public String problem() {
        return link.problem();
    }

    /** Why the agent cannot write to its disk, for people; empty while it can. */
    public String diskProblem() {
        return disk.problem();
    }

    /** The gateway that it connects to. */
    public String gateway() {
        return gateway;
    }

    /** Completes, with an {@link AgentException}, when the gateway refuses this agent for good. */
    public CompletableFuture<Void> stopped() {
        return link.stopped();
    }

    private static Identity identity(StateDir state, AgentConfig config, Vitals vitals, Consumer<String> say)
            throws AgentException, InterruptedException, IOException {
        Optional<Identity> known = state.identity();
        String invite = config.invite();
        if (invite == null) {
            return known.orElseThrow(NotJoinedException::new);
        }
        if (known.isPresent() && state.isJoinedBy(invite)) {
            // the agent was started again with the same command line
            return known.get();
        }
        String gateway = config.gateway();
        if (gateway == null) {
            throw new AgentException("an invite needs the gateway's address: --gateway HOST:PORT");
        }
        JoinResponse joined = Join.join(gateway, config, invite, state.keyPair(), vitals.host(), say);
        state.joined(
                joined.getNodeId(),
                joined.getName(),
                joined.getCredential(),
                invite,
                new Reach(gateway, config.plaintext(), config.caFile(), config.certFile(), config.keyFile()));
        return state.identity().orElseThrow();
    }

    private static String version() {
        String version = Agent.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    private static void closeQuietly(StateDir state, Exception cause) {
        try {
            state.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Ends the running tasks, delivers what it can within a few seconds, and keeps the rest for the next start. */
    @Override
    public void close() {
        tasks.close();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MILLIS);
        try {
            while (link.connected().isDone()
                    && !link.stopped().isDone()
                    && (spool.heldBytes() > 0 || !journal.unacknowledged().isEmpty())
                    && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            awaitCallsEnded();
            executor.shutdown();
            if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
        try (state;
                journal;
                spool) {
            // closed in reverse order
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The calls end first, because they report on the executor: the executor must outlive them. */
    private void awaitCallsEnded() throws InterruptedException {
        try {
            link.close().get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // they end with their connection; what was not acknowledged is on the disk
            LOG.atDebug().log("the gateway did not end the calls in time");
        }
    }

    /**
     * One thread. Work that arrives after its end is dropped, because no part of the agent is left to use the result.
     */
    private static ScheduledExecutorService executor(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1,
                runnable -> {
                    Thread thread = new Thread(runnable, name);
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    /** Tells the link about events. There is no link yet while earlier tasks are taken over. */
    private static final class Events implements Runnable {
        private volatile @Nullable GatewayLink link;

        @Override
        public void run() {
            GatewayLink present = link;
            if (present != null) {
                present.eventsAvailable();
            }
        }
    }
}
