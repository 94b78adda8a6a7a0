package dev.muster.e2e.ingress;

import dev.muster.proto.agent.v1.AgentMessage;
import dev.muster.proto.agent.v1.GatewayMessage;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An agent that does nothing wrong; ten heartbeats a second. */
final class Bystander implements StreamObserver<GatewayMessage>, AutoCloseable {
    private final BareAgent connection;
    private final StreamObserver<AgentMessage> out;
    private final Future<?> heartbeats;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private volatile @Nullable Throwable problem;

    Bystander(BareAgent connection, String credential, ScheduledExecutorService timer) {
        this.connection = connection;
        out = connection.connect(credential, this);
        out.onNext(BareAgent.hello());
        heartbeats = timer.scheduleAtFixedRate(
                () -> out.onNext(BareAgent.heartbeat(sent.incrementAndGet())), 0, 100, TimeUnit.MILLISECONDS);
    }

    long sent() {
        return sent.get();
    }

    /** The newest heartbeat that was answered. */
    long answered() {
        return answered.get();
    }

    /** What ended its stream, or null. */
    @Nullable
    Throwable problem() {
        return problem;
    }

    @Override
    public void onNext(GatewayMessage message) {
        if (message.hasHeartbeatAck()) {
            answered.set(message.getHeartbeatAck().getSequence());
        }
    }

    @Override
    public void onError(Throwable end) {
        problem = end;
    }

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
        heartbeats.cancel(true);
        connection.close();
    }
}
