package dev.muster.bench.load;

import dev.muster.bench.report.Progress;
import dev.muster.bench.report.Waiting;
import dev.muster.proto.agent.v1.AgentIngressGrpc;
import dev.muster.proto.agent.v1.GatewayMessage;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Simulated agents that hold control streams and send heartbeats, all from one thread. A heartbeat's latency counts
 * from the moment at which it was due, whether or not the generator could send it then, so that every stall is in the
 * figures (no coordinated omission).
 */
public final class SimFleet implements AutoCloseable {
    /** A command that simulated agents start and never end; its terminal is printed with {@link PrintingTerminal}. */
    public static final String OPEN_TASK = "sleep infinity";

    private static final long HIGHEST_NANOS = 120_000_000_000L;
    private static final long PROGRESS_NANOS = 5_000_000_000L;
    private static final long TICK_NANOS = 1_000_000;

    private final Channels channels;
    private final List<SimAgent> agents = new CopyOnWriteArrayList<>();
    private final Random random = new Random(11);
    private final Listener listener = new Listener();
    private final Progress progress;
    private final Recorder answers = new Recorder(HIGHEST_NANOS, 3);
    private final Recorder connects = new Recorder(HIGHEST_NANOS, 3);
    private final Recorder outages = new Recorder(HIGHEST_NANOS, 3);
    private final Reconnects reconnects = new Reconnects(new SplittableRandom(12));
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger live = new AtomicInteger();
    private final LongAdder sent = new LongAdder();
    private final LongAdder heard = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final Map<String, AtomicLong> errors = new ConcurrentHashMap<>();
    private final BeatLine line = new BeatLine();
    private final Thread beats;
    private volatile long intervalNanos;
    private volatile boolean comesBack;
    private volatile boolean closing;

    /** What agents tell, on the thread of their connection. */
    interface Observer {
        void welcome(SimAgent agent, long connectNanos);

        void heard(long dueNanos);

        /** An answer to a heartbeat that is not the last. */
        void late();

        void message(SimAgent agent, GatewayMessage message);

        void closed(SimAgent agent, Status status, Metadata trailers, boolean wanted, boolean wasLive);
    }

    public SimFleet(Channels channels, long intervalMillis, Progress progress) {
        this.channels = channels;
        this.progress = progress;
        this.intervalNanos = intervalMillis * 1_000_000;
        this.beats = new Thread(this::beat, "bench-heartbeats");
        this.beats.start();
    }

    /**
     * Opens a control stream for each node. Its heartbeats begin an interval after its welcome. Returns when all are
     * welcome, or after half a minute without a further welcome; then heartbeats are spread evenly.
     *
     * @param perSecond how many streams to open a second if the gateway is fast enough; no more than these wait for a
     *     welcome
     */
    public void connect(List<SimNode> nodes, int perSecond) throws InterruptedException {
        List<SimAgent> more = new ArrayList<>(nodes.size());
        for (SimNode node : nodes) {
            UUID instance = new UUID(random.nextLong(), random.nextLong());
            more.add(new SimAgent(node, agents.size() + more.size(), instance, channels, listener));
        }
        long start = System.nanoTime();
        long saidNanos = start;
        for (int i = 0; i < more.size(); i++) {
            sleepUntil(start + i * 1_000_000_000L / perSecond);
            int opened = i;
            if (!Waiting.whileGrowing(live::get, () -> agents.size() + opened - live.get() < perSecond)) {
                break;
            }
            open(more.get(i));
            if (System.nanoTime() - saidNanos > PROGRESS_NANOS) {
                saidNanos = System.nanoTime();
                progress.say("  " + live.get() + " agents are connected");
            }
        }
        agents.addAll(more);
        var unused = Waiting.whileGrowing(live::get, () -> live.get() >= agents.size());
        line.spread();
    }

    private void open(SimAgent agent) {
        if (!closing) {
            channels.tryAgainNow(agent.number());
            agent.connect(channels.call(agent.number(), AgentIngressGrpc.getConnectMethod()), System.nanoTime());
        }
    }

    /** From now on agents whose stream ends connect again, as real ones do. */
    public void comeBack() {
        comesBack = true;
    }

    /** Goes on with the same agents and another interval, over which heartbeats are spread evenly. */
    public void setIntervalMillis(long millis) {
        intervalNanos = millis * 1_000_000;
        line.spread();
    }

    public int live() {
        return live.get();
    }

    public int size() {
        return agents.size();
    }

    public long sent() {
        return sent.sum();
    }

    public long heard() {
        return heard.sum() + late.sum();
    }

    /** Latencies of heartbeats' answers since the last call, in nanoseconds. */
    public Histogram takeAnswers() {
        return answers.getIntervalHistogram();
    }

    /** From the opening of a stream to its Welcome, since the last call, in nanoseconds. */
    public Histogram takeConnects() {
        return connects.getIntervalHistogram();
    }

    /** From the end of a session to the next Welcome, since the last call, in nanoseconds. */
    public Histogram takeOutages() {
        return outages.getIntervalHistogram();
    }

    /** Streams that ended without being asked to, by status. */
    public Map<String, Long> errors() {
        Map<String, Long> all = new TreeMap<>();
        errors.forEach((status, count) -> all.put(status, count.get()));
        return all;
    }

    public String sessionOf(int agent) {
        return agents.get(agent).session();
    }

    /** These agents say nothing from now on, and do not hang up. */
    public void fallSilent(int from, int to) {
        agents.subList(from, to).forEach(SimAgent::fallSilent);
    }

    /** Ends these agents' streams. */
    public void hangUp(int from, int to) {
        agents.subList(from, to).forEach(SimAgent::hangUp);
    }

    @Override
    public void close() {
        closing = true;
        timer.shutdownNow();
        LockSupport.unpark(beats);
        agents.forEach(SimAgent::hangUp);
        try {
            beats.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beat() {
        while (!closing) {
            long now = System.nanoTime();
            line.take(intervalNanos, now);
            BeatLine.Beat next = line.next();
            if (next == null || next.dueNanos() - now > 0) {
                LockSupport.parkNanos(next == null ? TICK_NANOS : Math.min(TICK_NANOS, next.dueNanos() - now));
            } else if (next.agent().heartbeat(next.session(), next.dueNanos())) {
                sent.increment();
                line.again(next);
            } else {
                line.leave(next);
            }
        }
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(Math.max(left, TICK_NANOS / 10));
        }
    }

    private final class Listener implements Observer {
        @Override
        public void welcome(SimAgent agent, long connectNanos) {
            live.incrementAndGet();
            long now = System.nanoTime();
            line.welcome(agent, now);
            connects.recordValue(Math.min(HIGHEST_NANOS, now - connectNanos));
            if (agent.lostNanos() != 0) {
                outages.recordValue(Math.min(HIGHEST_NANOS, now - agent.lostNanos()));
            }
        }

        @Override
        public void heard(long dueNanos) {
            heard.increment();
            answers.recordValue(Math.max(0, Math.min(HIGHEST_NANOS, System.nanoTime() - dueNanos)));
        }

        @Override
        public void late() {
            late.increment();
        }

        @Override
        public void message(SimAgent agent, GatewayMessage message) {}

        @Override
        public void closed(SimAgent agent, Status status, Metadata trailers, boolean wanted, boolean wasLive) {
            if (wasLive) {
                live.decrementAndGet();
            }
            if (!wanted) {
                errors.computeIfAbsent(status.getCode() + " " + status.getDescription(), key -> new AtomicLong())
                        .incrementAndGet();
                if (comesBack && !closing) {
                    long delay = reconnects.delayMillis(agent.failures(), trailers);
                    var unused = timer.schedule(() -> open(agent), delay, TimeUnit.MILLISECONDS);
                }
            }
        }
    }
}
