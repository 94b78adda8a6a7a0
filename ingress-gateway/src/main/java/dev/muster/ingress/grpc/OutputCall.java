package dev.muster.ingress.grpc;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.topics.Topic;
import dev.muster.ingress.backlog.Source;
import dev.muster.ingress.publish.Outgoing;
import dev.muster.ingress.publish.Receipt;
import dev.muster.ingress.session.LiveSession;
import dev.muster.ingress.session.OutputBatch;
import dev.muster.ingress.session.OutputSession;
import dev.muster.ingress.session.Refusal;
import dev.muster.proto.agent.v1.OutputAck;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One output stream: asks for chunks as long as there is credit, passes batches to the bulk lane, and sends
 * acknowledgements. All state is confined to its context.
 */
final class OutputCall extends ServerCall.Listener<byte[]> implements LiveSession.Attached {
    private static final int ASKED_MIN = 4;
    private static final int ASKED_MAX = 64;
    /** Chunks asked for at once make up about this part of the window, judged by those that came lately. */
    private static final int ASKED_PER_WINDOW = 8;

    private final GatewayParts around;
    private final CallEndings endings;
    private final ServerCall<byte[], OutputAck> call;
    private final LiveSession owner;
    private final CallContext context;
    private final OutputSession session;
    private final int partition;
    private final byte[] key;
    private final Source backlog;
    /** Bytes of the global budget that this stream holds. */
    private long charged;
    /** Chunks asked for that have not come. */
    private int asked;

    /** Of a chunk, as they came lately. */
    private int usualBytes;

    private long givenUpBytes;
    private long givenUpChunks;
    private @Nullable Future<?> unread;
    private String heldBackBy = "";
    private boolean waitsForRoom;
    private boolean waitsForRegistry;
    private boolean halfClosed;
    private boolean closed;

    OutputCall(GatewayParts around, CallEndings endings, ServerCall<byte[], OutputAck> call, LiveSession owner) {
        this.around = around;
        this.endings = endings;
        this.call = call;
        this.owner = owner;
        this.context = new CallContext((thread, fault) -> fault(fault), around.workers(), this::afterAnswers);
        this.session = new OutputSession(
                owner.sessionId(),
                owner.instanceId(),
                around.sessionLimits().output(),
                around.spares(),
                owner.clockOffset());
        this.partition = around.partitions().ofNode(owner.nodeId());
        this.backlog = around.backlogs().source(partition);
        this.key = owner.nodeId().getBytes(StandardCharsets.US_ASCII);
        this.usualBytes = around.sessionLimits().output().chunkBytesMax();
    }

    void open() {
        context.now(() -> {
            call.sendHeaders(new Metadata());
            owner.attach(this);
            ask();
        });
    }

    @Override
    public void onMessage(byte[] wire) {
        context.now(() -> receive(wire));
    }

    @Override
    public void onHalfClose() {
        context.now(() -> {
            halfClosed = true;
            publish(session.lastBatch());
            completeIfDone();
        });
    }

    @Override
    public void onCancel() {
        context.now(() -> {
            if (!closed) {
                end();
                endings.cancelled(call);
            }
        });
    }

    @Override
    public void onReady() {
        context.now(this::sendAcks);
    }

    @Override
    public void close(Refusal refusal) {
        context.now(() -> {
            if (!closed) {
                end();
                endings.refuse(call, owner.nodeId(), refusal, "");
            }
        });
    }

    private void receive(byte[] wire) {
        asked--;
        if (closed) {
            return;
        }
        usualBytes = (3 * usualBytes + wire.length) / 4;
        boolean room = around.budget().charge(wire.length);
        if (room) {
            charged += wire.length;
        }
        OutputSession.Verdict verdict = session.take(wire, room);
        settle();
        around.metrics().output(verdict.outcome()).add(1, wire.length);
        Refusal refusal = verdict.refusal();
        if (refusal != null) {
            close(refusal);
            return;
        }
        pump();
        if (verdict.outcome() != OutputSession.Outcome.ACCEPTED) {
            sendAcks();
        }
        ask();
    }

    private void pump() {
        for (OutputBatch batch = session.nextBatch(); batch != null; batch = session.nextBatch()) {
            publish(batch);
        }
    }

    private void publish(@Nullable OutputBatch batch) {
        if (batch == null) {
            return;
        }
        boolean taken = around.bulk()
                .offer(new Outgoing(
                        Topic.STDOUT, partition, key, batch.recordBytes(), batch::toRecord, new Answer(batch)));
        if (!taken) {
            failed(batch, false);
            sendAcks();
        }
    }

    private void stored(OutputBatch batch) {
        around.metrics().outputStored().add(batch.chunks(), batch.bytes());
        session.stored(batch);
        settle();
    }

    private void failed(OutputBatch batch, boolean permanently) {
        around.metrics().outputFailed().add(batch.chunks(), batch.bytes());
        session.failed(batch);
        settle();
        if (permanently) {
            close(new Refusal(ErrorCode.TOO_LARGE, "the broker can never take this output"));
        }
    }

    /** Gives back the bytes that the session no longer holds, and counts those that it gave up. */
    private void settle() {
        long free = charged - session.unackedBytes();
        if (free > 0) {
            charged -= free;
            around.budget().release(free);
        }
        if (session.givenUpChunks() > givenUpChunks) {
            around.metrics()
                    .outputGivenUp()
                    .add(session.givenUpChunks() - givenUpChunks, session.givenUpBytes() - givenUpBytes);
            givenUpChunks = session.givenUpChunks();
            givenUpBytes = session.givenUpBytes();
        }
    }

    private void afterAnswers() {
        pump();
        if (session.isAckWorthwhile()) {
            sendAcks();
        }
        ask();
        completeIfDone();
    }

    private void ask() {
        if (closed || halfClosed) {
            return;
        }
        if (!session.isWithinWindow()) {
            heldBack("window");
            return;
        }
        if (!around.budget().hasRoom()) {
            heldBack("all-streams");
            if (!waitsForRoom) {
                waitsForRoom = true;
                around.budget().awaitRoom(() -> context.execute(() -> waitsForRoom = false));
            }
            return;
        }
        if (!backlog.mayGoOn()) {
            heldBack("registry");
            if (!waitsForRegistry) {
                waitsForRegistry = true;
                backlog.awaitProgress(() -> context.execute(() -> waitsForRegistry = false));
            }
            return;
        }
        heldBackBy = "";
        int want = around.budget().isRoomy() ? askedMax() : askedWhenTight();
        // many small ones are asked for together, since each time has its cost
        if (asked <= want / 2) {
            int more = want - asked;
            asked = want;
            call.request(more);
        }
    }

    private int askedMax() {
        int fitting = around.sessionLimits().output().windowBytes() / ASKED_PER_WINDOW / Math.max(1, usualBytes);
        return Math.max(ASKED_MIN, Math.min(ASKED_MAX, fitting));
    }

    /** Not more bytes than one large chunk. */
    private int askedWhenTight() {
        int fitting = around.sessionLimits().output().chunkBytesMax() / 2 / Math.max(1, usualBytes);
        return Math.max(1, Math.min(ASKED_MAX, fitting));
    }

    /** Counted once each time that it begins. */
    private void heldBack(String reason) {
        if (!heldBackBy.equals(reason)) {
            heldBackBy = reason;
            around.metrics().outputHeldBack(reason);
        }
    }

    private void sendAcks() {
        if (closed) {
            return;
        }
        if (!call.isReady()) {
            awaitReader();
            return;
        }
        if (unread != null) {
            unread.cancel(false);
            unread = null;
        }
        for (OutputAck ack : session.takeAcks()) {
            call.sendMessage(ack);
        }
    }

    /** An agent that never reads is cut after a while: what waits for it is small, but it would wait for ever. */
    private void awaitReader() {
        int millis = around.callLimits().acksUnreadMillis();
        if (unread == null) {
            Refusal refusal = new Refusal(
                    ErrorCode.RATE_LIMITED, "the agent did not read its acknowledgements for " + millis + " ms");
            unread = around.timer().schedule(() -> close(refusal), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void completeIfDone() {
        if (halfClosed && !closed && session.unackedBytes() == 0) {
            for (OutputAck ack : session.takeAcks()) {
                call.sendMessage(ack);
            }
            end();
            endings.complete(call);
        }
    }

    private void end() {
        closed = true;
        if (unread != null) {
            unread.cancel(false);
        }
        owner.detach(this);
        publish(session.lastBatch());
    }

    private void fault(Throwable fault) {
        if (!closed) {
            end();
            endings.fail(call, owner.nodeId(), fault);
        }
    }

    private final class Answer implements Receipt {
        private final OutputBatch batch;

        private Answer(OutputBatch batch) {
            this.batch = batch;
        }

        @Override
        public void stored(long offset) {
            backlog.stored(offset, batch.recordBytes());
            context.execute(() -> OutputCall.this.stored(batch));
        }

        @Override
        public void failed(boolean permanently) {
            context.execute(() -> OutputCall.this.failed(batch, permanently));
        }

        @Override
        public void copied(byte[] value) {
            around.spares().give(value);
        }

        @Override
        public boolean isWanted() {
            return batch.isWanted();
        }
    }
}
