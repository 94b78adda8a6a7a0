package dev.muster.fanout.live.terminals;

import dev.muster.contract.access.Roles;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.frames.OutputFrames;
import dev.muster.fanout.live.frames.Picture;
import dev.muster.fanout.live.frames.TaskEnd;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.ReadOutcome;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.log.ring.Entry;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.fanout.output.OutputEnd;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One terminal in one session. Confined to the session's context.
 *
 * <pre>
 * RESOLVING  finds the node and terminal, and checks that the user may watch it        -> READING, LEASING
 * LEASING    the lease is requested; its answer comes through the tail                 -> READING
 * READ_DUE   a read could not begin, or failed in a way that may pass                  -> READING
 * READING    scrollback, or a repaint, is on its way; the tail waits in the ring       -> LIVE, LEASING, READ_DUE
 * LIVE       frames from the tail continue from there ({@link OutputSeam})             -> READING, READ_DUE on a gap
 * ENDED      nothing more will come
 * </pre>
 */
final class Attach {
    private enum Phase {
        RESOLVING,
        LEASING,
        READ_DUE,
        READING,
        LIVE,
        ENDED
    }

    private static final Duration READ_AGAIN = Duration.ofMillis(250);
    private static final int TRIES_MAX = 20;
    private static final String ROLE_LOWERED = "Your role on the node was lowered.";

    private final SessionHost host;
    private final ClientOp.Attach asked;
    private final byte[] refTail;
    private final AccessLog access;
    private final HeldFrames ready;
    private final PictureReader reader;
    private final OutputSeam seam;
    private final OutputPump pump;

    private Phase phase = Phase.RESOLVING;
    private String terminal = "";
    private Role role = Role.ROLE_UNSPECIFIED;
    private NodeState node = NodeState.getDefaultInstance();
    private @Nullable Task task;
    private final Consumer<Attach> drop;
    private @Nullable WatchedTerminal watched;
    private long dueNanos;
    private int tries;
    private boolean over;

    Attach(SessionHost host, ClientOp.Attach asked, OutputSeam.Points points, Consumer<Attach> drop) {
        this.host = host;
        this.drop = drop;
        this.asked = asked;
        this.refTail = Frames.refTail(asked.ref());
        this.access = new AccessLog(host.user().name(), asked);
        this.ready = new HeldFrames(host.services().history());
        this.reader = new PictureReader(host, asked, new Reads());
        this.seam = new OutputSeam(asked, points);
        this.pump = new OutputPump(host, seam, refTail);
    }

    String ref() {
        return asked.ref();
    }

    String nodeId() {
        return asked.nodeId();
    }

    String terminal() {
        return terminal;
    }

    NodeState node() {
        return node;
    }

    // ---------------------------------------------------------------- resolving

    void start() {
        new AttachLookup(host, asked, new Lookup()).start();
    }

    private final class Lookup implements AttachLookup.Taker {
        @Override
        public boolean node(NodeView view) {
            if (phase != Phase.RESOLVING) {
                return false;
            }
            try {
                role = Access.require(host.user(), view.getNode(), Role.ROLE_WATCH);
            } catch (MusterException e) {
                access.refused(terminal, e.code());
                fail(e);
                return false;
            }
            node = view.getState();
            return true;
        }

        @Override
        public void terminal(Task found) {
            if (phase != Phase.RESOLVING) {
                return;
            }
            task = found;
            terminal = found.getTaskId();
            if (!Roles.isAtLeast(role, Role.ROLE_WATCH)) {
                // lowered while the terminal was looked up
                withdraw(ROLE_LOWERED);
                return;
            }
            access.attached(terminal, role);
            seam.begin(terminal);
            if (OutputEnd.isFinal(found.getState())) {
                // most likely all of it is there; if not, a lease is asked for after all
                read();
            } else {
                askLease();
            }
        }

        @Override
        public void failed(MusterException failure) {
            fail(failure);
        }
    }

    // ---------------------------------------------------------------- lease

    private void askLease() {
        phase = Phase.LEASING;
        WatchedTerminal output = watched == null ? new WatchedTerminal(host, asked, terminal) : watched;
        watched = output;
        output.ask(failure -> {
            if (phase == Phase.LEASING) {
                fail(failure);
            }
        });
    }

    // ---------------------------------------------------------------- reading

    private void read() {
        if (!ready.reserve(host.services().limits().historyBytesMax())) {
            readLater();
            return;
        }
        phase = Phase.READING;
        reader.read(terminal, seam.known());
    }

    private void readLater() {
        phase = Phase.READ_DUE;
        dueNanos = host.services().nanos().getAsLong() + READ_AGAIN.toNanos();
    }

    private final class Reads implements PictureReader.Taker {
        @Override
        public void picture(Picture picture) {
            if (phase == Phase.READING) {
                long before = ready.bytes();
                show(picture);
                ready.keep(ready.bytes() - before);
            } else {
                ready.keep(0);
            }
        }

        @Override
        public void tooFar() {
            ready.keep(0);
            if (phase == Phase.READING) {
                read();
            }
        }

        @Override
        public void failed(MusterException failure) {
            ready.keep(0);
            if (phase != Phase.READING) {
                return;
            }
            if (failure.code() == ErrorCode.NOT_FOUND && !seam.isIntroduced()) {
                // no output yet, or it is so old that it is gone
                @Nullable Task known = task;
                show(Picture.blank(known != null && known.hasPty() ? known.getPty() : null));
            } else if (failure.code().retryable() && ++tries < TRIES_MAX) {
                readLater();
            } else {
                fail(failure);
            }
        }
    }

    private void show(Picture picture) {
        boolean endsWithoutExit = picture.exit() == null && isEndReached(picture.mark());
        if (watched == null && picture.exit() == null && !endsWithoutExit) {
            askLease();
            return;
        }
        tries = 0;
        @Nullable ByteBuffer introduction = seam.introduction(role, picture);
        if (introduction != null) {
            ready.add(introduction);
        }
        @Nullable ByteBuffer skipped = seam.skipped(picture);
        if (skipped != null) {
            host.services().metrics().skips.increment();
            ready.add(skipped);
        }
        picture.bodies().forEach(body -> ready.add(Frames.join(body, refTail)));
        seam.showed(picture);
        @Nullable Exit exit = picture.exit();
        phase = Phase.LIVE;
        if (exit != null) {
            endWith(OutputFrames.ended(exit));
        } else if (endsWithoutExit) {
            endWith(TaskEnd.frame(task));
        }
    }

    /** How far the client has it, for a token; null: it has nothing yet. */
    @Nullable
    TerminalPoint point() {
        return seam.point();
    }

    // ---------------------------------------------------------------- live

    /** Adds what can be sent now. */
    void fill(Batch batch) {
        drainReady(batch);
        @Nullable WatchedTerminal source = watched;
        if (!ready.isEmpty() || over || source == null || batch.isFull()) {
            return;
        }
        // entries that are passed over fill no frame, but there may be more behind them
        for (int reads = 0; reads < Batch.READS_MAX && fillFrom(source, batch); reads++) {
            if (!batch.isEmpty()) {
                break;
            }
        }
        drainReady(batch);
    }

    /** Whether there may be more to read. */
    private boolean fillFrom(WatchedTerminal output, Batch batch) {
        TerminalTail source = output.tail();
        if (phase == Phase.LEASING) {
            ReadOutcome outcome = source.read(batch.bytesLeft(), entry -> takeAnswer(output, entry));
            if (outcome == ReadOutcome.LOST) {
                output.missed();
            }
            return outcome == ReadOutcome.SOME && phase == Phase.LEASING;
        }
        if (phase != Phase.LIVE || over) {
            return false;
        }
        switch (pump.fill(source, batch)) {
            case MORE -> {
                return true;
            }
            case NOTHING -> {
                // until the tail wakes the session
            }
            case MISSING -> readLater();
            case SKIPPED -> read();
            case ENDED -> over = true;
        }
        return false;
    }

    private void drainReady(Batch batch) {
        while (!batch.isFull()) {
            @Nullable ByteBuffer frame = ready.poll(phase != Phase.READING);
            if (frame == null) {
                if (over && phase != Phase.ENDED) {
                    close();
                    drop.accept(this);
                }
                return;
            }
            if (ready.isEmpty() && phase == Phase.LIVE) {
                seam.tell();
                @Nullable String position = host.livePosition();
                batch.add(position == null ? frame : Frames.withPosition(frame, position));
            } else {
                batch.add(frame);
            }
        }
    }

    private boolean takeAnswer(WatchedTerminal output, Entry entry) {
        if (phase != Phase.LEASING) {
            return false;
        }
        if (output.isAnsweredBy((TerminalViewRecord) entry.value())) {
            read();
        }
        return true;
    }

    // ---------------------------------------------------------------- what happens around it

    void onNode(NodeView view, Role now) {
        node = view.getState();
        role = now;
        if (phase != Phase.RESOLVING && !Roles.isAtLeast(now, Role.ROLE_WATCH)) {
            withdraw(ROLE_LOWERED);
        }
    }

    void onRemoved() {
        withdraw("The node is gone, or access to it was withdrawn.");
    }

    private void withdraw(String why) {
        if (phase != Phase.ENDED) {
            access.refused(terminal, ErrorCode.FORBIDDEN);
            fail(new MusterException(ErrorCode.FORBIDDEN, why));
        }
    }

    void onTask(Task now) {
        task = now;
        // an exit comes through the output; these never print again
        if (phase == Phase.LIVE && !over && isEndReached(seam.mark())) {
            endWith(TaskEnd.frame(now));
        }
    }

    void tick(long nowNanos) {
        if (phase == Phase.LIVE && !over && isEndReached(seam.mark())) {
            endWith(TaskEnd.frame(task));
            host.waker().run();
            return;
        }
        @Nullable WatchedTerminal output = watched;
        if (phase == Phase.READ_DUE && nowNanos - dueNanos >= 0) {
            read();
        } else if (phase == Phase.LEASING && output != null && output.isDue(nowNanos)) {
            if (output.mayAskAgain()) {
                askLease();
            } else {
                fail(new MusterException(ErrorCode.UNAVAILABLE, "The registry did not answer the watch in time."));
            }
        }
    }

    /** @throws MusterException {@code forbidden} if the user may only look */
    void requireType() {
        if (!Roles.isAtLeast(role, Role.ROLE_TYPE)) {
            access.typeRefused(terminal, role);
            throw new MusterException(
                    ErrorCode.FORBIDDEN, "Your role on this node is %s; this needs TYPE.".formatted(Roles.name(role)));
        }
    }

    /** The user types, and may. */
    void noteTyped() {
        access.typed(terminal, role);
    }

    Lag lag() {
        return phase == Phase.LIVE && watched != null ? watched.tail().lag() : Lag.NONE;
    }

    /** Gives back all it holds. */
    void close() {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        ready.clear();
        if (watched != null) {
            watched.close();
        }
    }

    private void fail(MusterException failure) {
        if (phase != Phase.ENDED) {
            close();
            host.refuse(asked.ref(), failure);
            drop.accept(this);
        }
    }

    private void endWith(byte[] ended) {
        ready.add(Frames.join(ended, refTail));
        over = true;
    }

    private boolean isEndReached(Mark reached) {
        return TaskEnd.isReached(task, reached, node, host.services().clock().millis());
    }
}
