package dev.muster.fanout.session;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.contract.ids.Audiences;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.feed.Entry;
import dev.muster.fanout.feed.PartitionRing.Bounds;
import dev.muster.fanout.feed.PartitionRing.Lag;
import dev.muster.fanout.feed.PartitionTails;
import dev.muster.fanout.feed.ResumeRefusal;
import dev.muster.fanout.feed.ResumeTokens;
import dev.muster.fanout.watch.Inputs;
import dev.muster.proto.query.v1.ListNodesResponse;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.ViewRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One viewer: a cursor over the rings, and at most one batch of frames in flight. Nothing is queued for it but answers to its own frames; what it has not read yet
 * stays in the rings, which all share. All state is confined to its context, an executor that runs one task at a time; public methods may be called from any thread.
 *
 * <pre>
 * WAITING   for the open frame                                   -> OPENING
 * OPENING   the partitions are positioned                        -> SNAPSHOT, or TAIL where a token allows it
 * SNAPSHOT  pages of nodes, one at a time                        -> TAIL
 * TAIL      records as they come; behind the ring: a gap, then   -> SNAPSHOT
 * CLOSED    from everywhere
 * </pre>
 */
public final class ViewerSession implements Attach.Host, ClientOp.Taker {
    private static final Logger log = LoggerFactory.getLogger(ViewerSession.class);

    private enum State {
        WAITING,
        OPENING,
        SNAPSHOT,
        TAIL,
        CLOSED
    }

    /** Answers that may wait for the socket; a client that asks on without reading is cut. */
    static final int REPLIES_MAX = 256;
    /** After so much the next session gets its turn. */
    static final int TURN_BYTES = 256 * 1024;
    /** After so many reads that gave no frame the next session gets its turn. */
    static final int READS_MAX = 64;
    /** A viewer is told that it lags from so many records on. */
    static final int LAGGING_RECORDS = 1_000;

    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration POSITION_EVERY = Duration.ofSeconds(30);
    private static final Duration LAG_EVERY = Duration.ofSeconds(5);

    private final User user;
    private final Services services;
    private final Executor context;
    private final Outbound out;
    private final Runnable onEnd;
    private final Runnable waker = this::wake;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicInteger recordsInFlight = new AtomicInteger();
    private volatile boolean inFlight;
    private volatile long inFlightSince;
    private volatile @Nullable Thread turning;

    private State state = State.WAITING;
    private final Deque<ByteBuffer> replies = new ArrayDeque<>(2);
    private final Map<String, Attach> attaches = new LinkedHashMap<>(2);
    private final VersionFloors floors = new VersionFloors();
    private final OpRate opRate;
    private final long startedNanos;
    private Set<String> audiences = Set.of();
    private @Nullable ChangeTail changes;
    private ResumeTokens.@Nullable Issuer tokens;
    private final List<Runnable> releases = new ArrayList<>(2);
    private @Nullable Runnable retry;
    private long retryNanos;
    private boolean toldUnavailable;
    private @Nullable SnapshotSeam seam;
    private @Nullable ByteBuffer page;
    private @Nullable String pageNext;
    private boolean attachesFirst;
    private boolean lagging;
    private long positionSum;
    private long positionNanos;
    private long lagNanos;
    private boolean pongDue;
    private long pingNanos;

    /**
     * @param context runs one task at a time, in order
     * @param onEnd run once, in the context, when the session has let go of everything
     */
    public ViewerSession(User user, Services services, Executor context, Outbound out, Runnable onEnd) {
        this.user = user;
        this.services = services;
        this.context = context;
        this.out = out;
        this.onEnd = onEnd;
        long now = services.nanos().getAsLong();
        this.startedNanos = now;
        this.pingNanos = now;
        this.lagNanos = now;
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
        run(() -> pongDue = false);
    }

    /** The socket is gone. */
    public void onClosed(int code) {
        execute(() -> end(null, code));
    }

    /** Checks deadlines. Call it a few times per second, in the context. */
    public void tick() {
        if (state != State.CLOSED) {
            guard(this::checkDeadlines);
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
        reply(Frames.error(e.ref(), e.code(), e.detail(), services.errorIds().get()));
    }

    // ---------------------------------------------------------------- opening

    @Override
    public void open(ClientOp.Open op) {
        if (state != State.WAITING) {
            refuse(null, new MusterException(ErrorCode.CONFLICT, "The session is open already."));
            return;
        }
        state = State.OPENING;
        audiences = Set.copyOf(Audiences.ofSession(
                user.name(), user.groups(), user.admin(), services.feed().partitions()));
        changes = new ChangeTail(services.feed().changes(), services.feed().partitions(), audiences);
        prepare(op.resume());
    }

    private void prepare(@Nullable String resume) {
        later(
                services.feed().tokens().get(),
                known -> {
                    tokens = known.issuer(user.name(), audiences);
                    acquireOutput(known.verify(resume, user.name(), audiences));
                },
                failure -> unavailable(failure, () -> prepare(resume)));
    }

    private void acquireOutput(ResumeTokens.Verdict verdict) {
        Collection<Integer> partition = List.of(services.feed().partitions().ofView(user.name()));
        acquire(
                services.feed().output(),
                partition,
                Map.of(),
                bounds -> acquireChanges(verdict),
                () -> acquireOutput(verdict));
    }

    private void acquireChanges(ResumeTokens.Verdict verdict) {
        ChangeTail tail = changes();
        List<Integer> partitions = new ArrayList<>();
        for (int partition : tail.partitions()) {
            partitions.add(partition);
        }
        acquire(
                services.feed().changes(),
                partitions,
                verdict.position(),
                bounds -> start(verdict, bounds),
                () -> acquireChanges(verdict));
    }

    private void acquire(
            PartitionTails tails,
            Collection<Integer> partitions,
            Map<Integer, Long> from,
            Consumer<Map<Integer, Bounds>> then,
            Runnable again) {
        var unused = tails.acquire(partitions, from)
                .whenComplete((bounds, failure) -> execute(() -> {
                    if (failure != null) {
                        unavailable(failureOf(failure), again);
                    } else if (state == State.CLOSED) {
                        tails.release(partitions);
                    } else {
                        releases.add(() -> tails.release(partitions));
                        then.accept(bounds);
                        wake();
                    }
                }));
    }

    private void start(ResumeTokens.Verdict verdict, Map<Integer, Bounds> bounds) {
        ChangeTail tail = changes();
        tail.wakeOn(waker);
        @Nullable ResumeRefusal refusal = verdict.refusal();
        if (refusal == null) {
            refusal = tail.resume(verdict.position(), bounds);
        }
        services.metrics().opened(refusal);
        if (refusal == null) {
            reply(Frames.opened(true, null, position()));
            state = State.TAIL;
        } else {
            reply(Frames.opened(false, refusal.code(), null));
            startSnapshot();
        }
    }

    private void unavailable(MusterException failure, Runnable again) {
        if (!toldUnavailable) {
            toldUnavailable = true;
            refuse(null, failure);
        }
        retry = again;
        retryNanos = services.nanos().getAsLong() + AGAIN.toNanos();
    }

    // ---------------------------------------------------------------- snapshot

    private void startSnapshot() {
        state = State.SNAPSHOT;
        seam = new SnapshotSeam();
        floors.clear();
        page = null;
        ask("");
    }

    private void ask(String after) {
        later(
                services.registry()
                        .listNodes(Snapshots.page(
                                user, audiences, services.limits().snapshotPageNodes(), after)),
                answer -> onPage(after, answer),
                failure -> unavailable(failure, () -> ask(after)));
    }

    private void onPage(String after, ListNodesResponse answer) {
        @Nullable SnapshotSeam joint = seam;
        if (state != State.SNAPSHOT || joint == null) {
            return;
        }
        if (after.isEmpty() && !changes().startAt(answer.getPositionMap())) {
            // the registry is a moment behind what we have; what it says must reach up to there
            unavailable(
                    new MusterException(ErrorCode.UNAVAILABLE, "The registry is behind the log; a moment, please."),
                    () -> ask(after));
            return;
        }
        toldUnavailable = false;
        joint.add(answer.getNext(), answer.getPositionMap());
        boolean last = answer.getNext().isEmpty();
        page = Frames.snapshot(Snapshots.nodes(answer, user), last ? position() : null);
        pageNext = last ? null : answer.getNext();
    }

    // ---------------------------------------------------------------- sending

    /** Has the session look for something to send, soon. Cheap to call often. */
    void wake() {
        if (scheduled.compareAndSet(false, true)) {
            execute(this::turn);
        }
    }

    private void turn() {
        scheduled.set(false);
        turning = Thread.currentThread();
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
            turning = null;
        }
    }

    private void send(Batch batch) {
        long since = services.nanos().getAsLong();
        int frames = batch.frames().size();
        recordsInFlight.set(batch.records());
        inFlightSince = since;
        inFlight = true;
        out.send(batch.frames(), failure -> {
            int records = recordsInFlight.getAndSet(0);
            StreamMetrics metrics = services.metrics();
            (failure == null ? metrics.sent : metrics.dropped).increment(records);
            if (failure == null) {
                metrics.frames.increment(frames);
                metrics.bytes.increment(batch.bytes());
                metrics.frameDone(services.nanos().getAsLong() - since);
                inFlight = false;
                if (turning != Thread.currentThread()) {
                    wake();
                }
            } else {
                // the socket reports its end by itself
                out.disconnect();
            }
        });
    }

    private void fill(Batch batch) {
        while (!replies.isEmpty() && !batch.isFull()) {
            batch.add(replies.remove());
        }
        @Nullable ByteBuffer nodes = page;
        if (nodes != null && !batch.isFull()) {
            batch.add(nodes);
            page = null;
            if (pageNext == null) {
                state = State.TAIL;
                sentPosition();
            } else {
                ask(pageNext);
            }
        }
        // whoever was first last time is second now, so that neither starves the other
        attachesFirst = !attachesFirst;
        if (attachesFirst) {
            fillFromAttaches(batch);
        }
        if (state == State.TAIL && !batch.isFull()) {
            fillFromChanges(batch);
        }
        if (!attachesFirst) {
            fillFromAttaches(batch);
        }
    }

    private void fillFromAttaches(Batch batch) {
        if (!attaches.isEmpty() && !batch.isFull()) {
            for (Attach attach : List.copyOf(attaches.values())) {
                if (!batch.isFull()) {
                    attach.fill(batch);
                }
            }
        }
    }

    private void fillFromChanges(Batch batch) {
        ChangeTail tail = changes();
        ReadOutcome outcome = ReadOutcome.SOME;
        // records that are not for this session fill no frame, but must not end the turn either
        for (int reads = 0; outcome == ReadOutcome.SOME && batch.isEmpty(); reads++) {
            if (reads == READS_MAX) {
                wake();
                return;
            }
            outcome = tail.read(batch.bytesLeft(), (partition, entry) -> deliver(partition, entry, batch));
        }
        if (outcome == ReadOutcome.LOST) {
            services.metrics().gaps.increment();
            batch.add(Frames.nodesGap(position(), "behind"));
            startSnapshot();
            return;
        }
        @Nullable SnapshotSeam joint = seam;
        if (joint != null) {
            boolean passed = true;
            for (int i = 0; i < tail.partitions().length; i++) {
                passed &= joint.isBefore(tail.partitions()[i], tail.cursors()[i]);
            }
            if (passed) {
                seam = null;
            }
        }
    }

    private void deliver(int partition, Entry entry, Batch batch) {
        ViewRecord record = (ViewRecord) entry.value();
        AudienceRule.Delivery delivery = AudienceRule.of(record, audiences);
        if (delivery == AudienceRule.Delivery.NOTHING) {
            return;
        }
        if (record.hasTask()) {
            if (delivery == AudienceRule.Delivery.SHOW) {
                add(batch, entry.bodies(0, () -> List.of(Frames.task(record.getTask()))));
                each(record.getNodeId(), attach -> {
                    if (attach.terminal().equals(record.getTask().getTaskId())) {
                        attach.onTask(record.getTask());
                    }
                });
            }
            return;
        }
        boolean removed = delivery == AudienceRule.Delivery.REMOVE;
        if ((!removed && !record.hasNode())
                || (seam != null && seam.contains(record.getNodeId(), partition, entry.offset()))
                || !floors.admits(record)) {
            return;
        }
        if (removed) {
            add(batch, entry.bodies(7, () -> List.of(Frames.nodeRemoved(record.getNodeId(), record.getViewVersion()))));
            each(record.getNodeId(), Attach::onRemoved);
        } else {
            Role role = Snapshots.roleOf(user, record.getNode());
            add(batch, entry.bodies(role.getNumber(), () -> List.of(Frames.node(record.getNode(), role))));
            each(record.getNodeId(), attach -> attach.onNode(record.getNode(), role));
        }
    }

    private void add(Batch batch, List<byte[]> bodies) {
        services.metrics().accepted.increment();
        batch.countRecord();
        byte[] tail = Frames.positionTail(position());
        bodies.forEach(body -> batch.add(Frames.join(body, tail)));
        sentPosition();
    }

    private void each(String nodeId, Consumer<Attach> then) {
        if (!attaches.isEmpty()) {
            for (Attach attach : List.copyOf(attaches.values())) {
                if (attach.nodeId().equals(nodeId)) {
                    then.accept(attach);
                }
            }
        }
    }

    // ---------------------------------------------------------------- what the client asks

    @Override
    public void attach(ClientOp.Attach op) {
        if (isOpen(op.ref())) {
            if (attaches.containsKey(op.ref())) {
                refuse(op.ref(), new MusterException(ErrorCode.CONFLICT, "The ref is in use."));
            } else if (attaches.size() >= services.limits().attachesMax()) {
                refuse(
                        op.ref(),
                        new MusterException(
                                ErrorCode.RATE_LIMITED,
                                "There are " + services.limits().attachesMax() + " attaches already."));
            } else {
                Attach attach = new Attach(this, op);
                attaches.put(op.ref(), attach);
                services.metrics().attached(1);
                attach.start();
            }
        }
    }

    @Override
    public void detach(ClientOp.Detach op) {
        @Nullable Attach attach = attached(op.ref());
        if (attach != null) {
            attach.close();
            drop(attach);
        }
    }

    @Override
    public void input(ClientOp.Input op) {
        deliver(op.ref(), attach -> services.inputs().type(user.name(), attach.node(), attach.terminal(), op.data()));
    }

    @Override
    public void resize(ClientOp.Resize op) {
        deliver(
                op.ref(),
                attach ->
                        services.inputs().resize(user.name(), attach.node(), attach.terminal(), op.cols(), op.rows()));
    }

    private void deliver(String ref, java.util.function.Function<Attach, CompletableFuture<?>> send) {
        @Nullable Attach attach = attached(ref);
        if (attach == null) {
            return;
        }
        try {
            attach.requireType();
        } catch (MusterException e) {
            refuse(ref, e);
            return;
        }
        if (!Inputs.isReachable(attach.node())) {
            undelivered(ref, ErrorCode.NOT_CONNECTED);
            return;
        }
        later(send.apply(attach), sent -> {}, failure -> undelivered(ref, failure.code()));
    }

    private void undelivered(String ref, ErrorCode why) {
        services.metrics().undelivered.increment();
        reply(Frames.inputUndelivered(ref, why.code()));
    }

    private @Nullable Attach attached(String ref) {
        if (!isOpen(ref)) {
            return null;
        }
        @Nullable Attach attach = attaches.get(ref);
        if (attach == null) {
            refuse(ref, new MusterException(ErrorCode.NOT_FOUND, "Nothing is attached under this ref."));
        }
        return attach;
    }

    private boolean isOpen(String ref) {
        if (state == State.WAITING) {
            refuse(ref, new MusterException(ErrorCode.INVALID, "The first frame is open."));
            return false;
        }
        return true;
    }

    // ---------------------------------------------------------------- Attach.Host

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
    public <T> void later(CompletableFuture<T> answer, Consumer<T> then, Consumer<MusterException> failed) {
        var unused = answer.whenComplete((value, failure) -> run(() -> {
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
        if (replies.size() >= REPLIES_MAX) {
            cut(CloseCode.TOO_SLOW);
            return;
        }
        replies.add(frame);
        wake();
    }

    @Override
    public void refuse(@Nullable String ref, MusterException failure) {
        String errorId = services.errorIds().get();
        if (failure.code().status() >= 500) {
            log.atLevel(
                            failure.code() == ErrorCode.INTERNAL
                                    ? org.slf4j.event.Level.ERROR
                                    : org.slf4j.event.Level.DEBUG)
                    .addKeyValue("errorId", errorId)
                    .addKeyValue("code", failure.code().code())
                    .setCause(failure)
                    .log("request of a viewer failed");
        }
        @Nullable String detail = failure.getMessage();
        reply(Frames.error(ref, failure.code(), detail == null ? failure.code().when() : detail, errorId));
    }

    @Override
    public void drop(Attach attach) {
        if (attaches.remove(attach.ref(), attach)) {
            services.metrics().attached(-1);
        }
    }

    // ---------------------------------------------------------------- time

    private void checkDeadlines() {
        long now = services.nanos().getAsLong();
        StreamLimits limits = services.limits();
        if (inFlight && now - inFlightSince > limits.frameDeadline().toNanos()) {
            cut(CloseCode.TOO_SLOW);
            return;
        }
        if (state == State.WAITING && now - startedNanos > limits.openTimeout().toNanos()) {
            closeNow(CloseCode.OPEN_TIMEOUT, "no open frame came in time");
            return;
        }
        if (!services.clock().instant().isBefore(user.expiresAt())) {
            closeNow(CloseCode.UNAUTHENTICATED, "the token has expired");
            return;
        }
        if (pongDue && now - pingNanos > limits.pongDeadline().toNanos()) {
            cut(CloseCode.NO_PONG);
            return;
        }
        if (!pongDue && now - pingNanos > limits.pingEvery().toNanos()) {
            pongDue = true;
            pingNanos = now;
            out.ping();
        }
        @Nullable Runnable due = retry;
        if (due != null && now - retryNanos >= 0) {
            retry = null;
            due.run();
        }
        for (Attach attach : List.copyOf(attaches.values())) {
            attach.tick(now);
        }
        if (state == State.TAIL && now - lagNanos > LAG_EVERY.toNanos()) {
            lagNanos = now;
            tellLag(now);
        }
    }

    private void tellLag(long now) {
        ChangeTail tail = changes();
        Lag lag = tail.lag();
        for (Attach attach : attaches.values()) {
            lag = lag.plus(attach.lag());
        }
        services.metrics().lag(lag);
        if (!lagging && lag.records() >= LAGGING_RECORDS) {
            lagging = true;
            reply(Frames.lagging(lag.records(), lag.bytes()));
        } else if (lag.records() == 0 && (lagging || hasMovedOn(now))) {
            lagging = false;
            reply(Frames.join(Frames.caughtUp(), Frames.positionTail(position())));
            sentPosition();
        }
    }

    // records of others move the cursor without a frame; without its position a token would age
    private boolean hasMovedOn(long now) {
        return now - positionNanos > POSITION_EVERY.toNanos() && sumOfCursors() != positionSum;
    }

    private void sentPosition() {
        positionSum = sumOfCursors();
        positionNanos = services.nanos().getAsLong();
    }

    private long sumOfCursors() {
        long sum = 0;
        for (long cursor : changes().cursors()) {
            sum += cursor;
        }
        return sum;
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
        for (Attach attach : List.copyOf(attaches.values())) {
            attach.close();
            drop(attach);
        }
        @Nullable ChangeTail tail = changes;
        if (tail != null) {
            tail.stopWaking(waker);
        }
        releases.forEach(Runnable::run);
        releases.clear();
        replies.clear();
        page = null;
        services.metrics().dropped.increment(recordsInFlight.getAndSet(0));
        services.metrics().sessionClosed(code, peerCode);
        log.atDebug()
                .addKeyValue("user", user.name())
                .addKeyValue("code", peerCode)
                .log("viewer is gone");
        onEnd.run();
    }

    // ---------------------------------------------------------------- small things

    private ChangeTail changes() {
        @Nullable ChangeTail tail = changes;
        if (tail == null) {
            throw new IllegalStateException("not open");
        }
        return tail;
    }

    private String position() {
        ResumeTokens.@Nullable Issuer issuer = tokens;
        if (issuer == null) {
            throw new IllegalStateException("not open");
        }
        return issuer.issue(changes().partitions(), changes().cursors());
    }

    private void run(Runnable task) {
        execute(() -> {
            if (state != State.CLOSED) {
                task.run();
            }
        });
    }

    private void execute(Runnable task) {
        try {
            context.execute(() -> guard(task));
        } catch (RejectedExecutionException e) {
            // the gateway stops; the sockets end with it
            log.atDebug().log("session ended with the gateway");
        }
    }

    private void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            String errorId = services.errorIds().get();
            log.atError()
                    .addKeyValue("errorId", errorId)
                    .addKeyValue("user", user.name())
                    .setCause(e)
                    .log("session failed");
            closeNow(CloseCode.INTERNAL_ERROR, errorId);
        }
    }

    private static MusterException failureOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof MusterException known
                ? known
                : new MusterException(ErrorCode.INTERNAL, "The request failed.", cause);
    }
}
