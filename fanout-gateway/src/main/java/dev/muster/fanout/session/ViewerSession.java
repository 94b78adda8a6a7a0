package dev.muster.fanout.session;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.feed.ResumeRefusal;
import dev.muster.fanout.feed.ResumeTokens;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One viewer: a cursor over the log, and at most one batch of frames in flight. Nothing is queued for it but answers to its own frames; what it has not read yet stays in the rings, which all share, or in
 * the log. All state is confined to its context, an executor that runs one task at a time; public methods may be called from any thread.
 *
 * <pre>
 * WAITING   for the open frame                                   -> OPENING
 * OPENING   the partitions are positioned                        -> SNAPSHOT, or LIVE where a token allows it
 * SNAPSHOT  pages of nodes, one at a time                        -> LIVE
 * LIVE      records, from where {@link Cursor} says; at a gap    -> SNAPSHOT
 * CLOSED    from everywhere
 * </pre>
 */
public final class ViewerSession implements ClientOp.Taker {
    private static final Logger log = LoggerFactory.getLogger(ViewerSession.class);

    private enum State {
        WAITING,
        OPENING,
        SNAPSHOT,
        LIVE,
        CLOSED
    }

    /** Answers that may wait for the socket; a client that asks on without reading is cut. */
    static final int REPLIES_MAX = 256;
    /** After so much the next session gets its turn. */
    static final int TURN_BYTES = 256 * 1024;

    private static final long NOBODY = -1;
    private static final AtomicIntegerFieldUpdater<ViewerSession> RECORDS_IN_FLIGHT =
            AtomicIntegerFieldUpdater.newUpdater(ViewerSession.class, "recordsInFlight");

    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(1);
    private static final Duration POSITION_EVERY = Duration.ofSeconds(30);
    private static final Duration LAG_EVERY = Duration.ofSeconds(5);

    private final User user;
    private final Services services;
    private final SessionContext context;
    private final Outbound out;
    private final Runnable onEnd;
    private final Runnable waker = this::wake;
    private final Runnable turn = this::turn;
    private final Runnable wokenTurn = this::wokenTurn;
    private final Parts host = new Parts();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    @SuppressWarnings("unused") // by its updater
    private volatile int recordsInFlight;

    private volatile boolean inFlight;
    private long inFlightSince;
    /**
     * Id of the thread that has the turn; asked only by a thread whether it is itself. A number, because each reference that is set anew is work for the collector.
     */
    private long turningThread = NOBODY;

    private State state = State.WAITING;
    /** Mostly there are none, and of thousands of sessions each object that is looked at costs. */
    private @Nullable Deque<ByteBuffer> replies;
    /** That it cannot be opened now: the only thing that is said while it opens. */
    private @Nullable ByteBuffer notice;

    private final AttachSet attaches = new AttachSet(host);
    private final OpRate opRate;
    private final Deadlines deadlines;
    private @Nullable ChangePump changes;
    private @Nullable Opening opening;
    private @Nullable SnapshotReader snapshot;
    private ResumeTokens.@Nullable Issuer tokens;
    private @Nullable Runnable retry;
    private long retryNanos;
    private boolean toldUnavailable;
    private boolean attachesFirst;
    private long lagNanos;
    private long checkNanos;

    /**
     * @param onEnd run once, in the context, when the session has let go of everything
     */
    public ViewerSession(User user, Services services, SessionContext context, Outbound out, Runnable onEnd) {
        this.user = user;
        this.services = services;
        this.context = context;
        this.out = out;
        this.onEnd = onEnd;
        long now = services.nanos().getAsLong();
        this.lagNanos = now;
        this.checkNanos = now;
        this.deadlines = new Deadlines(services.limits(), now, user.expiresAt());
        this.opRate = new OpRate(services.limits().opsPerSecond(), now);
        services.metrics().sessionOpened();
    }

    // ---------------------------------------------------------------- what the socket says

    /** A text message of the client. The next one is asked for when this one is done with. */
    public void onText(String text) {
        run(() -> {
            take(text);
            out.demand();
        });
    }

    /** A binary message, which has no meaning here. */
    public void onBinary() {
        run(() -> {
            badFrame(new BadFrameException(null, ErrorCode.INVALID, "Frames are text."));
            out.demand();
        });
    }

    public void onPong() {
        run(deadlines::onPong);
    }

    /** The socket is gone. */
    public void onClosed(int code) {
        execute(() -> end(null, code));
    }

    /** Checks deadlines. Call it a few times per second, in the context. */
    public void tick() {
        long now = services.nanos().getAsLong();
        // most have nothing that is due: of thousands of sessions, to look is what costs
        if (state != State.CLOSED && (now - checkNanos >= 0 || retry != null || !attaches.isEmpty())) {
            checkNanos = now + CHECK_EVERY.toNanos();
            guard(this::checkTime);
        }
    }

    /** Closes the socket, with a reason for the client. */
    public void close(CloseCode code, String reason) {
        run(() -> closeNow(code, reason));
    }

    private void take(String text) {
        ClientOp op;
        try {
            if (!opRate.take(services.nanos().getAsLong())) {
                throw new BadFrameException(null, ErrorCode.RATE_LIMITED, "Too many frames per second.");
            }
            op = new ClientFrames(services.limits()).parse(text);
        } catch (BadFrameException e) {
            badFrame(e);
            return;
        }
        op.giveTo(this);
    }

    private void badFrame(BadFrameException e) {
        services.metrics().badFrames.increment();
        host.reply(
                Frames.error(e.ref(), e.code(), e.detail(), services.errorIds().get()));
    }

    // ---------------------------------------------------------------- what the client asks

    @Override
    public void open(ClientOp.Open op) {
        if (state != State.WAITING) {
            host.refuse(null, new MusterException(ErrorCode.CONFLICT, "The session is open already."));
            return;
        }
        state = State.OPENING;
        Set<String> audiences = Set.copyOf(Audiences.ofSession(
                user.name(), user.groups(), user.admin(), services.feed().partitions()));
        ChangePump pump = new ChangePump(host, audiences, attaches);
        Opening start = new Opening(host, pump, this::opened);
        changes = pump;
        snapshot = new SnapshotReader(host, pump);
        opening = start;
        start.start(op.resume());
    }

    private void opened(ResumeTokens.Issuer issuer, ResumeTokens.Verdict verdict, @Nullable ResumeRefusal refusal) {
        tokens = issuer;
        toldUnavailable = false;
        services.metrics().opened(refusal);
        if (refusal == null) {
            part(changes).resume(verdict.floors());
            replyFirst(Frames.opened(true, null, host.position()));
            state = State.LIVE;
        } else {
            replyFirst(Frames.opened(false, refusal.code(), null));
            startSnapshot();
        }
        attaches.begin(verdict.terminals());
    }

    // answers to what the client sent right behind the open frame wait already
    private void replyFirst(ByteBuffer opened) {
        notice = null;
        @Nullable Deque<ByteBuffer> waiting = replies;
        if (waiting == null) {
            host.reply(opened);
        } else {
            waiting.addFirst(opened);
            wake();
        }
    }

    // after a gap the log may be another one, with other tokens
    private void identify() {
        state = State.SNAPSHOT;
        host.later(
                services.feed().tokens().get(),
                known -> {
                    tokens = known.issuer(user.name(), part(changes).audiences());
                    startSnapshot();
                },
                failure -> host.unavailable(failure, this::identify));
    }

    private void startSnapshot() {
        state = State.SNAPSHOT;
        part(snapshot).start();
    }

    @Override
    public void attach(ClientOp.Attach op) {
        if (isOpen(op.ref())) {
            attaches.attach(op);
        }
    }

    @Override
    public void detach(ClientOp.Detach op) {
        if (isOpen(op.ref())) {
            attaches.detach(op);
        }
    }

    @Override
    public void input(ClientOp.Input op) {
        if (isOpen(op.ref())) {
            attaches.input(op);
        }
    }

    @Override
    public void resize(ClientOp.Resize op) {
        if (isOpen(op.ref())) {
            attaches.resize(op);
        }
    }

    private boolean isOpen(String ref) {
        if (state == State.WAITING) {
            host.refuse(ref, new MusterException(ErrorCode.INVALID, "The first frame is open."));
            return false;
        }
        return true;
    }

    // ---------------------------------------------------------------- sending

    /** Has the session look for something to send, soon. Cheap to call often. */
    void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            submit(wokenTurn);
        }
    }

    private void wokenTurn() {
        scheduled.set(false);
        turn();
    }

    private void turn() {
        try {
            sendWhatThereIs();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void sendWhatThereIs() {
        turningThread = Thread.currentThread().getId();
        try {
            int left = TURN_BYTES;
            while (!inFlight && state != State.CLOSED) {
                if (left <= 0) {
                    wake();
                    return;
                }
                Batch batch = new Batch();
                fill(batch);
                if (batch.isEmpty()) {
                    return;
                }
                left -= batch.bytes();
                send(batch);
            }
        } finally {
            turningThread = NOBODY;
        }
    }

    private void fill(Batch batch) {
        if (state == State.OPENING) {
            @Nullable ByteBuffer said = notice;
            if (said != null) {
                notice = null;
                batch.add(said);
            }
            return;
        }
        fillFromReplies(batch);
        if (state == State.SNAPSHOT && part(snapshot).fill(batch)) {
            state = State.LIVE;
        }
        // whoever was first last time is second now, so that neither starves the other
        attachesFirst = !attachesFirst;
        if (attachesFirst) {
            attaches.fill(batch);
        }
        if (state == State.LIVE && !batch.isFull()) {
            @Nullable String gap = part(changes).fill(batch);
            if (gap != null) {
                services.metrics().gaps.increment();
                batch.add(Frames.nodesGap(host.position(), gap));
                identify();
            }
        }
        if (!attachesFirst) {
            attaches.fill(batch);
        }
        // what these had to say besides
        fillFromReplies(batch);
    }

    private void fillFromReplies(Batch batch) {
        @Nullable Deque<ByteBuffer> waiting = replies;
        while (waiting != null && !batch.isFull()) {
            batch.add(waiting.remove());
            if (waiting.isEmpty()) {
                waiting = null;
                replies = null;
            }
        }
    }

    private void send(Batch batch) {
        long since = services.nanos().getAsLong();
        RECORDS_IN_FLIGHT.set(this, batch.records());
        inFlightSince = since;
        inFlight = true;
        out.send(batch.frames(), failure -> {
            int records = RECORDS_IN_FLIGHT.getAndSet(this, 0);
            StreamMetrics metrics = services.metrics();
            (failure == null ? metrics.sent : metrics.dropped).increment(records);
            if (failure == null) {
                metrics.frames.increment(batch.frames().size());
                metrics.bytes.increment(batch.bytes());
                metrics.frameDone(services.nanos().getAsLong() - since);
                if (batch.sinceMillis() != 0) {
                    metrics.delivered(services.clock().millis() - batch.sinceMillis());
                }
                inFlight = false;
                if (turningThread != Thread.currentThread().getId()) {
                    wake();
                }
            } else {
                // the socket reports its end by itself
                out.disconnect();
            }
        });
    }

    // ---------------------------------------------------------------- time

    private void checkTime() {
        long now = services.nanos().getAsLong();
        Deadlines.@Nullable End due =
                deadlines.check(host, now, services.clock().instant());
        if (due != null) {
            if (due.cut()) {
                cut(due.code());
            } else {
                closeNow(due.code(), due.reason());
            }
            return;
        }
        @Nullable Runnable again = retry;
        if (again != null && now - retryNanos >= 0) {
            retry = null;
            again.run();
        }
        attaches.tick(now);
        if (state == State.LIVE && now - lagNanos > LAG_EVERY.toNanos()) {
            lagNanos = now;
            part(changes).tick(attaches.lag(), POSITION_EVERY.toNanos());
        }
    }

    // ---------------------------------------------------------------- the end

    private void closeNow(CloseCode code, String reason) {
        end(code, code.code());
        out.close(code, reason);
    }

    // a goodbye would wait behind what the peer does not read
    private void cut(CloseCode code) {
        end(code, code.code());
        out.disconnect();
    }

    private void end(@Nullable CloseCode code, int peerCode) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        attaches.close();
        @Nullable ChangePump pump = changes;
        if (pump != null) {
            pump.tail().stopWaking();
            part(snapshot).close();
            part(opening).close();
        }
        replies = null;
        services.metrics().dropped.increment(RECORDS_IN_FLIGHT.getAndSet(this, 0));
        services.metrics().sessionClosed(code, peerCode);
        log.atDebug()
                .addKeyValue("user", user.name())
                .addKeyValue("code", peerCode)
                .log("viewer is gone");
        onEnd.run();
    }

    // ---------------------------------------------------------------- what the parts need

    private final class Parts implements SessionHost, Deadlines.Peer {
        @Override
        public User user() {
            return user;
        }

        @Override
        public Services services() {
            return services;
        }

        @Override
        public Runnable waker() {
            return waker;
        }

        @Override
        public SessionContext context() {
            return context;
        }

        @Override
        public Runnable turn() {
            return turn;
        }

        @Override
        public <T> void later(CompletableFuture<T> answer, Consumer<T> then, Consumer<MusterException> failed) {
            always(answer, value -> ifOpen(() -> then.accept(value)), failure -> ifOpen(() -> failed.accept(failure)));
        }

        @Override
        public <T> void always(CompletableFuture<T> answer, Consumer<T> then, Consumer<MusterException> failed) {
            var unused = answer.whenComplete((value, failure) -> execute(() -> {
                if (failure == null) {
                    then.accept(value);
                } else {
                    failed.accept(failureOf(failure));
                }
                wake();
            }));
        }

        @Override
        public void reply(ByteBuffer frame) {
            @Nullable Deque<ByteBuffer> waiting = replies;
            if (waiting == null) {
                waiting = new ArrayDeque<>(2);
                replies = waiting;
            } else if (waiting.size() >= REPLIES_MAX) {
                cut(CloseCode.TOO_SLOW);
                return;
            }
            waiting.add(frame);
            wake();
        }

        @Override
        public void refuse(@Nullable String ref, MusterException failure) {
            reply(error(ref, failure));
        }

        private ByteBuffer error(@Nullable String ref, MusterException failure) {
            String errorId = services.errorIds().get();
            if (failure.code().status() >= 500) {
                log.atLevel(failure.code() == ErrorCode.INTERNAL ? Level.ERROR : Level.DEBUG)
                        .addKeyValue("errorId", errorId)
                        .addKeyValue("code", failure.code().code())
                        .setCause(failure)
                        .log("request of a viewer failed");
            }
            @Nullable String detail = failure.getMessage();
            return Frames.error(
                    ref, failure.code(), detail == null ? failure.code().when() : detail, errorId);
        }

        @Override
        public void unavailable(MusterException failure, Runnable again) {
            if (state == State.CLOSED) {
                return;
            }
            if (!toldUnavailable) {
                toldUnavailable = true;
                ByteBuffer said = error(null, failure);
                if (state == State.OPENING) {
                    notice = said;
                    wake();
                } else {
                    reply(said);
                }
            }
            retry = again;
            retryNanos = services.nanos().getAsLong() + AGAIN.toNanos();
        }

        @Override
        public String position() {
            ResumeTokens.@Nullable Issuer issuer = tokens;
            ChangeTail tail = part(changes).tail();
            if (issuer == null) {
                throw new IllegalStateException("not open");
            }
            return issuer.issue(tail.partitions(), tail.offsets(), part(changes).floors(), attaches.points());
        }

        @Override
        public @Nullable String livePosition() {
            return state == State.LIVE ? position() : null;
        }

        @Override
        public void drop(Attach attach) {
            attaches.drop(attach);
        }

        @Override
        public long inFlightSinceNanos() {
            return inFlight ? inFlightSince : -1;
        }

        @Override
        public boolean isWaitingToOpen() {
            return state == State.WAITING;
        }

        @Override
        public void ping() {
            out.ping();
        }
    }

    // ---------------------------------------------------------------- small things

    private static <T> T part(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("not open");
        }
        return part;
    }

    private void ifOpen(Runnable task) {
        if (state != State.CLOSED) {
            task.run();
        }
    }

    private void run(Runnable task) {
        execute(() -> ifOpen(task));
    }

    private void execute(Runnable task) {
        submit(() -> guard(task));
    }

    private void submit(Runnable task) {
        try {
            context.execute(task);
        } catch (RejectedExecutionException e) {
            // the gateway stops; the sockets end with it
            log.atDebug().log("session ended with the gateway");
        }
    }

    private void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        String errorId = services.errorIds().get();
        log.atError()
                .addKeyValue("errorId", errorId)
                .addKeyValue("user", user.name())
                .setCause(e)
                .log("session failed");
        closeNow(CloseCode.INTERNAL_ERROR, errorId);
    }

    private static MusterException failureOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof MusterException known
                ? known
                : new MusterException(ErrorCode.INTERNAL, "The request failed.", cause);
    }
}
