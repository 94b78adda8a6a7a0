package dev.muster.bench.load;

import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.Heartbeat;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.Vitals;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One simulated agent: its control stream and the state of its last heartbeat. It sends from the fleet's thread and
 * receives on the connection's.
 */
final class SimAgent extends ClientCall.Listener<GatewayMessage> {
    private final SimNode node;
    private final int number;
    private final SimFleet.Observer observer;
    private final UUID instance;
    private final SimTasks tasks;
    private volatile @Nullable ClientCall<AgentMessage, GatewayMessage> call;
    private volatile String session = "";
    private volatile long sequence;
    private volatile long dueNanos;
    private volatile long connectNanos;
    private int connects;
    private volatile int failures;
    private volatile long lostNanos;
    private volatile boolean stopped;

    SimAgent(SimNode node, int number, UUID instance, Channels channels, SimFleet.Observer observer) {
        this.node = node;
        this.number = number;
        this.instance = instance;
        this.observer = observer;
        this.tasks = new SimTasks(channels, number, node, this::say);
    }

    int number() {
        return number;
    }

    SimNode node() {
        return node;
    }

    /** Empty while not welcome. */
    String session() {
        return session;
    }

    /** Since it was welcome last. */
    int failures() {
        return failures;
    }

    /** When the last session ended; 0 before any. */
    long lostNanos() {
        return lostNanos;
    }

    void connect(ClientCall<AgentMessage, GatewayMessage> newest, long nowNanos) {
        connectNanos = nowNanos;
        connects++;
        call = newest;
        newest.start(this, Channels.headers(node));
        newest.request(Integer.MAX_VALUE);
        newest.sendMessage(AgentMessage.newBuilder()
                .setHello(Hello.newBuilder()
                        .setInstanceId(instance.toString())
                        .setBootCounter(1)
                        .setConnectSequence(connects)
                        .setAgentVersion("bench")
                        .setHost(Provisioner.host())
                        .addCapabilities("pipe")
                        .setTaskHighWater(tasks.highWater()))
                .build());
    }

    /**
     * @param of the session for which it is due
     * @param due when it was due, which may be earlier than now
     * @return false: that session is over
     */
    boolean heartbeat(String of, long due) {
        if (stopped || !session.equals(of)) {
            return false;
        }
        dueNanos = due;
        long next = sequence + 1; // one thread sends
        sequence = next;
        say(AgentMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setSequence(next).setVitals(vitals(next)))
                .build());
        return true;
    }

    /** Sends nothing from now on, and does not hang up either, like a machine that has lost its power. */
    void fallSilent() {
        stopped = true;
    }

    void hangUp() {
        ClientCall<AgentMessage, GatewayMessage> out = call;
        if (out != null) {
            stopped = true;
            out.cancel("the benchmark ends", null);
        }
    }

    /** gRPC takes messages of one call from any thread, one at a time. */
    private synchronized void say(AgentMessage message) {
        ClientCall<AgentMessage, GatewayMessage> out = call;
        if (out != null && !session.isEmpty()) {
            out.sendMessage(message);
        }
    }

    @Override
    public void onMessage(GatewayMessage message) {
        switch (message.getMessageCase()) {
            case WELCOME -> {
                sequence = 0;
                failures = 0;
                session = message.getWelcome().getSessionId();
                observer.welcome(this, connectNanos);
            }
            case HEARTBEAT_ACK -> {
                if (message.getHeartbeatAck().getSequence() == sequence) {
                    observer.heard(dueNanos);
                } else {
                    observer.late();
                }
            }
            case RUN_TASK -> tasks.run(message.getRunTask(), session);
            case RECONNECT, CANCEL_TASK, TERMINAL_INPUT, RESIZE, TASK_EVENT_ACK, MESSAGE_NOT_SET ->
                observer.message(this, message);
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // has one writer
    public void onClose(Status status, Metadata trailers) {
        boolean wasLive = !session.isEmpty();
        session = "";
        if (wasLive) {
            lostNanos = System.nanoTime();
        } else {
            failures++;
        }
        observer.closed(this, status, trailers, stopped, wasLive);
    }

    /** As a machine with eight cores would send them: nine of ten are idle, and one has work that comes and goes. */
    private Vitals vitals(long beat) {
        int wave = (int) ((number * 7L + beat) % 10);
        double cpu = number % 10 == 9 ? 10 + 8 * wave : 1 + 0.2 * wave;
        Vitals.Builder vitals = Vitals.newBuilder()
                .setCpuPercent(cpu)
                .setMemoryUsedBytes((6L << 30) + wave * 4_096L)
                .setLoad1(cpu * 0.08)
                .setLoad5(0.25)
                .setLoad15(0.2)
                .setDiskUsedBytes(100L << 30)
                .setDiskTotalBytes(500L << 30);
        for (int core = 0; core < 8; core++) {
            vitals.addCpuPercentPerCore((cpu + core) % 100);
        }
        return vitals.build();
    }
}
