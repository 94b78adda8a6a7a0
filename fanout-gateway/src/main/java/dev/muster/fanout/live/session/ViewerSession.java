package dev.muster.fanout.live.session;

import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.changes.ChangeFeed;
import dev.muster.fanout.live.frames.Failures;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionContext;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.terminals.AttachSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One viewer: a cursor over the LOG, and at most one batch of frames in flight. The queue for a viewer contains only
 * answers to its own frames. Unread records stay in the rings, which all sessions share, or in the log. From the open
 * frame on, {@link ChangeFeed} and the attaches take turns to send. All state is confined to its context, an executor
 * that runs one task at a time. Public methods may be called from any thread.
 */
public final class ViewerSession {
    private static final Logger LOG = LoggerFactory.getLogger(ViewerSession.class);

    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(1);
    private static final Duration POSITION_EVERY = Duration.ofSeconds(30);
    private static final Duration LAG_EVERY = Duration.ofSeconds(5);

    private final User user;
    private final Services services;
    private final SessionContext context;
    private final Outbound out;
    private final Runnable onEnd;
    private final Parts host = new Parts();
    private final AttachSet attaches = new AttachSet(host);
    private final ClientRequests requests;
    private final SendLoop loop;
    private final Deadlines deadlines;

    /** Null: it waits for the open frame. */
    private @Nullable ChangeFeed changes;
    /** Mostly there are none, and of thousands of sessions each object that is looked at costs. */
    private @Nullable Replies replies;
    /** Says that the session cannot be opened now: the only message while it opens. */
    private @Nullable ByteBuffer notice;

    private @Nullable Runnable retry;
    private long retryNanos;
    private boolean toldUnavailable;
    private boolean attachesFirst;
    private boolean heartbeatDue;
    private long lagNanos;
    private long checkNanos;
    private boolean closed;

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
        this.deadlines = new Deadlines(services.limits(), now);
        this.requests = new ClientRequests(
                host, host, attaches, new OpRate(services.limits().opsPerSecond(), now));
        this.loop = new SendLoop(host, context, out, services);
        services.metrics().sessionOpened();
    }

    // ---------------------------------------------------------------- what the socket says

    /** A text message of the client. The next one is asked for when this one is done with. */
    public void onText(String text) {
        run(() -> {
            requests.take(text);
            out.demand();
        });
    }

    /** A binary message, which has no meaning here. */
    public void onBinary() {
        run(() -> {
            requests.takeBinary();
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
        if (!closed && (now - checkNanos >= 0 || retry != null || !attaches.isEmpty())) {
            checkNanos = now + CHECK_EVERY.toNanos();
            guard(this::checkTime);
        }
    }

    /** Closes the socket, with a reason for the client. */
    public void close(CloseCode code, String reason) {
        run(() -> closeNow(code, reason));
    }

    // ---------------------------------------------------------------- sending

    private void fill(Batch batch) {
        @Nullable ChangeFeed feed = changes;
        if (feed != null && feed.isOpening()) {
            @Nullable ByteBuffer said = notice;
            if (said != null) {
                notice = null;
                batch.add(said);
            }
            return;
        }
        fillFromReplies(batch);
        if (feed != null) {
            feed.fillSnapshot(batch);
            // the one that was first last time is second now, so that neither starves the other
            attachesFirst = !attachesFirst;
            if (attachesFirst) {
                attaches.fill(batch);
            }
            feed.fillRecords(batch);
            if (!attachesFirst) {
                attaches.fill(batch);
            }
            // what these had to say besides
            fillFromReplies(batch);
            if (heartbeatDue) {
                heartbeatDue = false;
                if (batch.isEmpty()) {
                    batch.add(services.heartbeat().frame());
                }
            }
        }
    }

    private void fillFromReplies(Batch batch) {
        @Nullable Replies waiting = replies;
        if (waiting != null && waiting.drainTo(batch)) {
            replies = null;
        }
    }

    // ---------------------------------------------------------------- time

    private void checkTime() {
        long now = services.nanos().getAsLong();
        Deadlines.@Nullable End due =
                deadlines.check(host, now, services.standing().ended(user));
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
        @Nullable ChangeFeed feed = changes;
        if (feed != null && !feed.isOpening() && isSilent(now)) {
            // the loop sends it, so that it is evidence that the loop runs
            heartbeatDue = true;
            loop.wake();
        }
        if (feed != null && feed.isLive() && now - lagNanos > LAG_EVERY.toNanos()) {
            lagNanos = now;
            feed.tick(attaches.lag(), POSITION_EVERY.toNanos());
        }
    }

    // the time is read once per CHECK_EVERY: half of that earlier keeps the mean at the setting's value
    private boolean isSilent(long now) {
        long most = services.heartbeat().every().minus(CHECK_EVERY.dividedBy(2)).toNanos();
        return loop.inFlightSinceNanos() < 0 && now - loop.handedOverNanos() >= most;
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
        if (closed) {
            return;
        }
        closed = true;
        attaches.close();
        @Nullable ChangeFeed feed = changes;
        if (feed != null) {
            feed.close();
        }
        replies = null;
        loop.close();
        services.metrics().sessionClosed(code, peerCode);
        LOG.atDebug()
                .addKeyValue("user", user.name())
                .addKeyValue("code", peerCode)
                .log("viewer is gone");
        onEnd.run();
    }

    // ---------------------------------------------------------------- what the parts need

    private final class Parts implements SessionHost, SendLoop.Source, ClientRequests.Opener, Deadlines.Peer {
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
            return loop.waker();
        }

        @Override
        public SessionContext context() {
            return context;
        }

        @Override
        public Runnable turn() {
            return loop.turnNow();
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
                    failed.accept(Failures.of(failure));
                }
                loop.wake();
            }));
        }

        @Override
        public void reply(ByteBuffer frame) {
            if (waitingReplies().add(frame)) {
                loop.wake();
            } else {
                cut(CloseCode.TOO_SLOW);
            }
        }

        @Override
        public void opened(ByteBuffer frame) {
            toldUnavailable = false;
            notice = null;
            waitingReplies().addFirst(frame);
            loop.wake();
        }

        @Override
        public void refuse(@Nullable String ref, MusterException failure) {
            reply(Failures.frame(ref, failure, services.errorIds().get()));
        }

        @Override
        public void unavailable(MusterException failure, Runnable again) {
            if (closed) {
                return;
            }
            if (!toldUnavailable) {
                toldUnavailable = true;
                ByteBuffer said =
                        Failures.frame(null, failure, services.errorIds().get());
                if (feed().isOpening()) {
                    notice = said;
                    loop.wake();
                } else {
                    reply(said);
                }
            }
            retry = again;
            retryNanos = services.nanos().getAsLong() + AGAIN.toNanos();
        }

        @Override
        public String position() {
            return feed().position();
        }

        @Override
        public @Nullable String livePosition() {
            ChangeFeed feed = feed();
            return feed.isLive() ? feed.position() : null;
        }

        @Override
        public long inFlightSinceNanos() {
            return loop.inFlightSinceNanos();
        }

        @Override
        public boolean isWaitingToOpen() {
            return changes == null;
        }

        @Override
        public void open(@Nullable String resume) {
            ChangeFeed feed = new ChangeFeed(host, attaches);
            changes = feed;
            feed.open(resume);
        }

        @Override
        public void fill(Batch batch) {
            ViewerSession.this.fill(batch);
        }

        @Override
        public void failed(RuntimeException fault) {
            ViewerSession.this.failed(fault);
        }

        @Override
        public void ping() {
            out.ping();
        }
    }

    // ---------------------------------------------------------------- small things

    private ChangeFeed feed() {
        @Nullable ChangeFeed feed = changes;
        if (feed == null) {
            throw new IllegalStateException("not open");
        }
        return feed;
    }

    private Replies waitingReplies() {
        @Nullable Replies waiting = replies;
        if (waiting == null) {
            waiting = new Replies();
            replies = waiting;
        }
        return waiting;
    }

    private void ifOpen(Runnable task) {
        if (!closed) {
            task.run();
        }
    }

    private void run(Runnable task) {
        execute(() -> ifOpen(task));
    }

    private void execute(Runnable task) {
        context.execute(() -> guard(task));
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
        LOG.atError()
                .addKeyValue("errorId", errorId)
                .addKeyValue("user", user.name())
                .setCause(e)
                .log("session failed");
        closeNow(CloseCode.INTERNAL_ERROR, errorId);
    }
}
