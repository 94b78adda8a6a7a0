package dev.muster.e2e.simulation;

import dev.muster.proto.agent.v1.GatewayMessage;
import dev.muster.proto.agent.v1.OutputAck;
import io.grpc.Attributes;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call: the client's half and the server's, with a network between them. The network keeps the order of each
 * direction and is sometimes late. Messages pass only when the other side asks for them. A side that sends more than
 * fits is not ready.
 */
final class Call<Q, A> {
    private static final int WINDOW_BYTES = 64 << 10;

    private final World world;
    private final Connection connection;
    private final ProcessExecutor clientProcess;
    private final MethodDescriptor<Q, A> method;
    private final ClientHalf client = new ClientHalf();
    private final Way toServer = new Way();
    private final Way toClient = new Way();
    private @Nullable ServerHalf<?> server;
    private boolean hasSession;
    private boolean clientOver;
    private boolean serverOver;

    Call(World world, Connection connection, ProcessExecutor clientProcess, MethodDescriptor<Q, A> method) {
        this.world = world;
        this.connection = connection;
        this.clientProcess = clientProcess;
        this.method = method;
    }

    ClientCall<Q, A> client() {
        return client;
    }

    /** One direction: bytes on their way, in order, and arrived bytes that the receiver did not ask for yet. */
    private static final class Way {
        private final Deque<byte[]> arrived = new ArrayDeque<>();
        private long lastNanos;
        private long bytes;
        private int asked;
        private boolean ended;
        private boolean endTold;
    }

    private void travel(Way way, Runnable arrival) {
        long millis = world.mishap(300) ? world.chance.between(20, 1_500) : 0;
        long nanos = world.time.nanos() + millis * 1_000_000 + world.chance.between(100_000, 2_000_000);
        way.lastNanos = Math.max(way.lastNanos + 1, nanos);
        world.time.afterNanos(way.lastNanos - world.time.nanos(), () -> {
            if (!connection.isSilent()) {
                arrival.run();
            }
        });
    }

    private boolean isServerAlive() {
        return !serverOver && connection.gateway().isAlive();
    }

    private boolean isClientAlive() {
        return !clientOver && clientProcess.isAlive();
    }

    /** The connection is gone. */
    void cut(boolean tellServer, boolean tellClient) {
        connection.remove(this);
        if (tellServer && server != null) {
            ServerHalf<?> half = server;
            world.time.after(world.chance.between(0, 20), () -> {
                if (isServerAlive()) {
                    serverOver = true;
                    half.cancelled();
                }
            });
        }
        if (tellClient) {
            world.time.after(
                    world.chance.between(0, 20),
                    () -> closeClient(Status.UNAVAILABLE.withDescription("the connection broke"), new Metadata()));
        }
    }

    private void closeClient(Status status, Metadata trailers) {
        if (isClientAlive()) {
            clientOver = true;
            connection.remove(this);
            if (hasSession) {
                connection.session("");
            }
            client.listener().onClose(status, trailers);
        }
    }

    private static <T> byte[] bytes(MethodDescriptor.Marshaller<T> marshaller, T message) {
        try (var stream = marshaller.stream(message)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <S> void open(Metadata headers, ServerMethodDefinition<S, A> definition) {
        ServerHalf<S> half = new ServerHalf<>(definition.getMethodDescriptor());
        server = half;
        half.listener = definition.getServerCallHandler().startCall(half, headers);
        half.deliver();
    }

    /** What the stub of the agent holds. */
    private final class ClientHalf extends ClientCall<Q, A> {
        private ClientCall.@Nullable Listener<A> listener;

        private ClientCall.Listener<A> listener() {
            ClientCall.Listener<A> present = listener;
            if (present == null) {
                throw new IllegalStateException("not started");
            }
            return present;
        }

        @Override
        public void start(ClientCall.Listener<A> responses, Metadata headers) {
            listener = responses;
            if (!connection.isUsable()) {
                cut(false, true);
                return;
            }
            connection.add(Call.this);
            travel(toServer, () -> {
                if (!connection.gateway().isAlive()) {
                    cut(false, true);
                } else if (connection.isUsable()) {
                    open(headers, connection.gateway().method(method));
                }
            });
            world.time.afterNanos(0, () -> {
                if (isClientAlive()) {
                    responses.onReady();
                }
            });
        }

        @Override
        public void request(int messages) {
            toClient.asked += messages;
            world.time.afterNanos(0, this::deliver);
        }

        private void deliver() {
            while (isClientAlive() && toClient.asked > 0 && !toClient.arrived.isEmpty()) {
                toClient.asked--;
                byte[] bytes = toClient.arrived.remove();
                freed(toClient, bytes.length);
                A message = method.getResponseMarshaller().parse(new ByteArrayInputStream(bytes));
                if (message instanceof GatewayMessage fromGateway && fromGateway.hasWelcome()) {
                    connection.session(fromGateway.getWelcome().getSessionId());
                    hasSession = true;
                }
                listener().onMessage(message);
            }
        }

        @Override
        public void cancel(@Nullable String why, @Nullable Throwable cause) {
            world.time.afterNanos(0, () -> closeClient(Status.CANCELLED.withDescription(why), new Metadata()));
            travel(toServer, () -> {
                ServerHalf<?> half = server;
                if (half != null && isServerAlive()) {
                    serverOver = true;
                    half.cancelled();
                }
            });
        }

        @Override
        public void halfClose() {
            travel(toServer, () -> {
                toServer.ended = true;
                ServerHalf<?> half = server;
                if (half != null) {
                    half.deliver();
                }
            });
        }

        @Override
        public void sendMessage(Q message) {
            byte[] bytes = bytes(method.getRequestMarshaller(), message);
            toServer.bytes += bytes.length;
            travel(toServer, () -> {
                toServer.arrived.add(bytes);
                ServerHalf<?> half = server;
                if (half != null) {
                    half.deliver();
                }
            });
        }

        @Override
        public boolean isReady() {
            return !clientOver && toServer.bytes < WINDOW_BYTES;
        }
    }

    private void freed(Way way, int bytes) {
        boolean wasFull = way.bytes >= WINDOW_BYTES;
        way.bytes -= bytes;
        if (!wasFull || way.bytes >= WINDOW_BYTES) {
            return;
        }
        world.time.after(1, () -> {
            ServerHalf<?> half = server;
            if (way == toServer && isClientAlive()) {
                client.listener().onReady();
            } else if (way == toClient && half != null && isServerAlive()) {
                half.ready();
            }
        });
    }

    /** What the gateway holds. */
    private final class ServerHalf<S> extends ServerCall<S, A> {
        private final MethodDescriptor<S, A> served;
        private ServerCall.@Nullable Listener<S> listener;

        private ServerHalf(MethodDescriptor<S, A> served) {
            this.served = served;
        }

        private void deliver() {
            ServerCall.Listener<S> present = listener;
            while (present != null && isServerAlive() && toServer.asked > 0 && !toServer.arrived.isEmpty()) {
                toServer.asked--;
                byte[] bytes = toServer.arrived.remove();
                freed(toServer, bytes.length);
                present.onMessage(served.getRequestMarshaller().parse(new ByteArrayInputStream(bytes)));
            }
            if (present != null
                    && isServerAlive()
                    && toServer.ended
                    && !toServer.endTold
                    && toServer.arrived.isEmpty()) {
                toServer.endTold = true;
                present.onHalfClose();
            }
        }

        private void cancelled() {
            if (listener != null) {
                listener.onCancel();
            }
        }

        private void ready() {
            if (listener != null) {
                listener.onReady();
            }
        }

        @Override
        public void request(int messages) {
            toServer.asked += messages;
            world.time.afterNanos(0, this::deliver);
        }

        @Override
        public void sendHeaders(Metadata headers) {
            // no reader here
        }

        @Override
        public void sendMessage(A message) {
            if (message instanceof OutputAck ack) {
                world.ledger.acked(ack.getTerminalId(), ack.getOffset());
            }
            byte[] bytes = bytes(method.getResponseMarshaller(), message);
            toClient.bytes += bytes.length;
            travel(toClient, () -> {
                toClient.arrived.add(bytes);
                client.deliver();
            });
        }

        @Override
        public boolean isReady() {
            return !serverOver && toClient.bytes < WINDOW_BYTES;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (serverOver) {
                throw new IllegalStateException("the call is over");
            }
            serverOver = true;
            travel(toClient, () -> closeClient(status, trailers));
        }

        @Override
        public boolean isCancelled() {
            return serverOver;
        }

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }

        @Override
        public MethodDescriptor<S, A> getMethodDescriptor() {
            return served;
        }
    }
}
