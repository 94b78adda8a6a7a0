package dev.muster.fanout.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.Access;
import dev.muster.fanout.feed.Entry;
import dev.muster.fanout.feed.PartitionRing.Lag;
import dev.muster.fanout.feed.ResumeRefusal;
import dev.muster.fanout.feed.ResumeTokens.TerminalPoint;
import dev.muster.fanout.feed.ViewRecords;
import dev.muster.fanout.registry.RegistryReads;
import dev.muster.fanout.watch.Watches;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.GetRepaintResponse;
import dev.muster.proto.query.v1.ListTasksRequest;
import dev.muster.proto.query.v1.ListTasksResponse;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One terminal in one session. Confined to the session's context.
 *
 * <pre>
 * RESOLVING  which node and terminal is it, and may the user watch it?            -> READING, LEASING
 * LEASING    the lease is asked for; its answer comes through the tail            -> READING
 * READ_DUE   a read could not begin, or failed in a way that may pass              -> READING
 * READING    scrollback, or a repaint, is on its way; the tail waits in the ring  -> LIVE, LEASING, READ_DUE
 * LIVE       frames from the tail, each applied only if it goes on from the mark  -> READING when one is missing
 * ENDED      nothing more will come
 * </pre>
 *
 * The seam: the lease's answer says that all that follows it will come; what is read after it is not older; so the frames behind it either end before what was read, and are
 * dropped, or go on from it.
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
    private static final int LEASE_ASKED_MAX = 4;
    /** After so long with its agent connected, what is not in the history of an ended task will not come. */
    private static final Duration SETTLED = Duration.ofSeconds(30);
    /** The same while its agent is away. */
    private static final Duration GIVEN_UP = Duration.ofDays(1);

    private static final int LINES_AFTER_SKIP = 200;

    /** What the token of the open frame says about a terminal. */
    interface Points {
        /** @return null: nothing; each is given once */
        @Nullable
        TerminalPoint take(String terminal, WatchMode mode);
    }

    private final SessionHost host;
    private final ClientOp.Attach asked;
    private final Points points;
    private final byte[] refTail;
    private final Deque<ByteBuffer> ready = new ArrayDeque<>();

    private Phase phase = Phase.RESOLVING;
    private String terminal = "";
    private Role role = Role.ROLE_UNSPECIFIED;
    private NodeState node = NodeState.getDefaultInstance();
    private @Nullable Task task;
    private Watches.@Nullable Target lease;
    private @Nullable TerminalTail tail;
    private String watchId = "";
    private int leaseAsked;
    private long dueNanos;
    private int tries;
    private long held;
    private boolean introduced;
    private boolean over;
    private Mark mark = Mark.getDefaultInstance();
    private long finalLine;
    private @Nullable String skipReason;
    private @Nullable TerminalPoint from;
    private boolean tooFar;
    private @Nullable TerminalPoint told;

    Attach(SessionHost host, ClientOp.Attach asked, Points points) {
        this.host = host;
        this.asked = asked;
        this.points = points;
        this.refTail = Frames.refTail(asked.ref());
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
        RegistryReads registry = host.services().registry();
        host.later(registry.getNode(asked.nodeId()), this::onFound, this::fail);
    }

    private void onFound(NodeView view) {
        if (phase != Phase.RESOLVING) {
            return;
        }
        try {
            role = Access.require(host.user(), view.getNode(), Role.ROLE_WATCH);
        } catch (MusterException e) {
            fail(e);
            return;
        }
        node = view.getState();
        RegistryReads registry = host.services().registry();
        @Nullable String wanted = asked.terminal();
        if (wanted != null) {
            host.later(registry.getTask(asked.nodeId(), wanted), this::onTerminal, this::fail);
        } else {
            host.later(
                    registry.listTasks(ListTasksRequest.newBuilder()
                            .setNodeId(asked.nodeId())
                            .setLimit(50)
                            .build()),
                    this::onTasks,
                    this::fail);
        }
    }

    private void onTasks(ListTasksResponse answer) {
        List<Task> newestFirst = answer.getTasksList();
        newestFirst.stream()
                .filter(each -> each.getStartedAtMillis() > 0)
                .findFirst()
                .or(() -> newestFirst.stream().findFirst())
                .ifPresentOrElse(
                        this::onTerminal,
                        () -> fail(new MusterException(ErrorCode.NOT_FOUND, "The node has no terminal yet.")));
    }

    private void onTerminal(Task found) {
        if (phase != Phase.RESOLVING) {
            return;
        }
        task = found;
        terminal = found.getTaskId();
        from = asked.resume() ? points.take(terminal, asked.mode()) : null;
        if (isFinal(found.getState())) {
            // most likely all of it is there; if not, a lease is asked for after all
            read();
        } else {
            askLease();
        }
    }

    // ---------------------------------------------------------------- lease

    private void askLease() {
        Services services = host.services();
        phase = Phase.LEASING;
        Watches.@Nullable Target target = lease;
        Watches.Asked answer;
        if (target == null) {
            String user = host.user().name();
            target = new Watches.Target(user, asked.nodeId(), terminal, asked.mode());
            lease = target;
            tail = new TerminalTail(
                    services.feed().output().ring(services.feed().partitions().ofView(user)),
                    ViewRecords.terminalKey(user, terminal, asked.mode()),
                    host.waker());
            answer = services.watches().hold(target);
        } else {
            answer = services.watches().ask(target);
        }
        leaseAsked++;
        watchId = answer.watchId();
        dueNanos =
                services.nanos().getAsLong() + services.limits().leaseAnswer().toNanos();
        String askedId = watchId;
        host.later(answer.published(), published -> {}, failure -> {
            if (phase == Phase.LEASING && watchId.equals(askedId)) {
                fail(failure);
            }
        });
    }

    // ---------------------------------------------------------------- reading

    private void read() {
        Services services = host.services();
        int bytesMax = services.limits().historyBytesMax();
        if (!services.history().tryTake(bytesMax)) {
            readLater();
            return;
        }
        held += bytesMax;
        phase = Phase.READING;
        if (asked.mode() == WatchMode.WATCH_MODE_RAW) {
            host.later(services.registry().getRepaint(asked.nodeId(), terminal), this::onRepaint, this::onReadFailed);
        } else {
            host.later(
                    services.registry().readHistory(historyRequest(services, bytesMax)),
                    this::onHistory,
                    this::onReadFailed);
        }
    }

    private ReadHistoryRequest historyRequest(Services services, int bytesMax) {
        ReadHistoryRequest.Builder request = ReadHistoryRequest.newBuilder()
                .setNodeId(asked.nodeId())
                .setTerminalId(terminal)
                .setBytesMax(bytesMax);
        @Nullable TerminalPoint point = from;
        if (introduced) {
            return request.setLines(LINES_AFTER_SKIP).build();
        }
        return point == null || tooFar
                ? request.setLines(Math.max(1, asked.lines())).build()
                : request.setLines(services.limits().linesMax())
                        .setAfter(point.line())
                        .build();
    }

    private void readLater() {
        phase = Phase.READ_DUE;
        dueNanos = host.services().nanos().getAsLong() + READ_AGAIN.toNanos();
    }

    private void onReadFailed(MusterException failure) {
        returnBudget(0);
        if (phase != Phase.READING) {
            return;
        }
        if (failure.code() == ErrorCode.NOT_FOUND && !introduced) {
            // nothing was printed yet, or it is so old that it is gone
            @Nullable Task known = task;
            show(Picture.blank(known != null && known.hasPty() ? known.getPty() : null));
        } else if (failure.code().retryable() && ++tries < TRIES_MAX) {
            readLater();
        } else {
            fail(failure);
        }
    }

    private void onHistory(ReadHistoryResponse answer) {
        if (answer.getTerminalsCount() == 0) {
            onReadFailed(new MusterException(ErrorCode.NOT_FOUND, "The terminal has no history."));
            return;
        }
        TerminalHistory history = answer.getTerminals(0);
        if (!introduced && from != null && !tooFar && !reachesEnd(history)) {
            // more than may be asked for at once: what is shown are the last lines, and the rest is said to be skipped
            tooFar = true;
            returnBudget(0);
            if (phase == Phase.READING) {
                read();
            }
            return;
        }
        long known = introduced ? finalLine : from == null ? 0 : from.line();
        onPicture(Picture.of(history, introduced || from != null || asked.lines() > 0, known));
    }

    private static boolean reachesEnd(TerminalHistory history) {
        int count = history.getLinesCount();
        long end =
                count == 0 ? history.getNextLine() : history.getLines(count - 1).getNumber() + 1;
        return !history.hasCutTo() && end >= history.getNextLine();
    }

    private void onRepaint(GetRepaintResponse answer) {
        onPicture(Picture.of(answer));
    }

    private void onPicture(Picture picture) {
        if (phase == Phase.READING) {
            long before = readyBytes();
            show(picture);
            returnBudget(readyBytes() - before);
        } else {
            returnBudget(0);
        }
    }

    private void show(Picture picture) {
        boolean endsWithoutExit = picture.exit() == null && isOverWithoutExit(picture.mark());
        if (lease == null && picture.exit() == null && !endsWithoutExit) {
            askLease();
            return;
        }
        tries = 0;
        if (!introduced) {
            introduced = true;
            boolean raw = asked.mode() == WatchMode.WATCH_MODE_RAW;
            ObjectNode frame = attached(asked.ref(), asked.nodeId(), terminal, raw, role, picture);
            if (asked.resume()) {
                @Nullable String refusal = refusalOf(picture);
                frame.put("recovered", refusal == null).put("reason", refusal);
            }
            ready.add(Frames.whole(frame));
            @Nullable TerminalPoint point = from;
            if (point != null) {
                announceSkip(point.offset(), point.line(), picture, "resumed");
            }
        } else {
            announceSkip(mark.getOffset(), finalLine, picture, skipReason == null ? "missing" : skipReason);
            skipReason = null;
        }
        picture.bodies().forEach(body -> ready.add(Frames.join(body, refTail)));
        mark = picture.mark();
        finalLine = picture.finalLine();
        @Nullable Exit exit = picture.exit();
        phase = Phase.LIVE;
        if (exit != null) {
            endWith(OutputFrames.ended(exit));
        } else if (endsWithoutExit) {
            endWith(endedBy(task));
        }
    }

    // why what follows is not exactly the continuation of what the client has; null: it is
    private @Nullable String refusalOf(Picture picture) {
        @Nullable TerminalPoint point = from;
        if (point == null) {
            return "none";
        } else if (Long.compareUnsigned(picture.mark().getOffset(), point.offset()) < 0) {
            return ResumeRefusal.AHEAD.code();
        } else if (asked.mode() == WatchMode.WATCH_MODE_RAW) {
            return picture.mark().getOffset() == point.offset() ? null : "repainted";
        }
        return picture.firstLine() > point.line() ? ResumeRefusal.EXPIRED.code() : null;
    }

    static ObjectNode attached(String ref, String nodeId, String terminal, boolean raw, Role role, Picture picture) {
        ObjectNode frame = Frames.frame("attached")
                .put("ref", ref)
                .put("nodeId", nodeId)
                .put("terminal", terminal)
                .put("mode", raw ? "raw" : "text")
                .put("firstLine", picture.firstLine())
                .put("final", picture.finalLine())
                .put("nextLine", picture.nextLine());
        @Nullable WindowSize size = picture.size();
        frame.put("cols", size == null ? null : size.getCols());
        frame.put("rows", size == null ? null : size.getRows());
        return frame.put("role", Access.name(role));
    }

    private void announceSkip(long offset, long line, Picture picture, String reason) {
        boolean raw = asked.mode() == WatchMode.WATCH_MODE_RAW;
        long begin = raw ? offset : line;
        long end = raw ? picture.mark().getOffset() : picture.firstLine();
        if (end > begin) {
            String path = "/api/v1/nodes/" + asked.nodeId();
            String load = raw
                    ? path + "/tasks/" + terminal + "/output?format=raw"
                    : path + "/history?terminal=" + terminal + "&after=" + begin + "&before=" + end;
            host.services().metrics().skips.increment();
            ready.add(Frames.skipped(asked.ref(), raw ? "output" : "lines", begin, end, reason, load));
        }
    }

    /** How far the client has it, for a token; null: it has nothing yet. */
    @Nullable
    TerminalPoint point() {
        return told != null ? told : from;
    }

    private void tell() {
        told = new TerminalPoint(asked.mode(), terminal, mark.getOffset(), mark.getMarkerNumber(), finalLine);
    }

    // ---------------------------------------------------------------- live

    /** Adds what can be sent now. */
    void fill(Batch batch) {
        drainReady(batch);
        @Nullable TerminalTail source = tail;
        if (!ready.isEmpty() || over || source == null || batch.isFull()) {
            return;
        }
        // entries that are passed over fill no frame, but there may be more behind them
        for (int reads = 0; reads < ChangePump.READS_MAX && fillFrom(source, batch); reads++) {
            if (!batch.isEmpty()) {
                break;
            }
        }
        drainReady(batch);
    }

    /** Whether there may be more to read. */
    private boolean fillFrom(TerminalTail source, Batch batch) {
        if (phase == Phase.LEASING) {
            ReadOutcome outcome = source.read(batch.bytesLeft(), this::takeAnswer);
            if (outcome == ReadOutcome.LOST) {
                source.toEnd();
                dueNanos = host.services().nanos().getAsLong();
            }
            return outcome == ReadOutcome.SOME && phase == Phase.LEASING;
        }
        if (phase != Phase.LIVE || over) {
            return false;
        }
        Lag lag = source.lag();
        if (lag.bytes() > host.services().limits().attachLagBytesMax()) {
            host.services().metrics().accepted.increment((double) lag.records());
            host.services().metrics().skipped.increment((double) lag.records());
            skip(source, "slow");
            return false;
        }
        ReadOutcome outcome = source.read(batch.bytesLeft(), entry -> takeLive(entry, batch));
        if (outcome == ReadOutcome.LOST) {
            skip(source, "behind");
        }
        return outcome == ReadOutcome.SOME && phase == Phase.LIVE;
    }

    private void drainReady(Batch batch) {
        while (!batch.isFull()) {
            @Nullable ByteBuffer frame = ready.poll();
            if (frame == null) {
                if (over && phase != Phase.ENDED) {
                    close();
                    host.drop(this);
                }
                return;
            }
            long size = Math.min(held, frame.remaining());
            if (ready.isEmpty() && phase == Phase.LIVE) {
                tell();
                @Nullable String position = host.livePosition();
                batch.add(position == null ? frame : Frames.withPosition(frame, position));
            } else {
                batch.add(frame);
            }
            if (phase != Phase.READING && size > 0) {
                held -= size;
                host.services().history().give(size);
            }
        }
    }

    private boolean takeAnswer(Entry entry) {
        if (phase != Phase.LEASING) {
            return false;
        }
        TerminalViewRecord record = (TerminalViewRecord) entry.value();
        if (record.hasLeaseActive() && record.getLeaseActive().getWatchId().equals(watchId)) {
            read();
        }
        return true;
    }

    private boolean takeLive(Entry entry, Batch batch) {
        TerminalViewRecord record = (TerminalViewRecord) entry.value();
        if (phase != Phase.LIVE || over) {
            return false;
        }
        if (Marks.compare(record.getTo(), mark) <= 0) {
            return true;
        }
        // a lease that is renewed tells of output that came while it had run out
        if (Marks.compare(record.getFrom(), mark) > 0 || record.hasSkipped()) {
            // something is missing before it, or was left out at the source: the registry has it
            skipReason = record.hasSkipped() ? record.getSkipped().getReason() : "missing";
            readLater();
            return false;
        }
        host.services().metrics().accepted.increment();
        batch.countRecord(entry.atMillis());
        List<byte[]> bodies = bodies(entry, record);
        mark = record.getTo();
        if (record.hasLines()) {
            finalLine = record.getLines().getFinal();
        }
        tell();
        for (int i = 0; i < bodies.size(); i++) {
            ByteBuffer frame = Frames.join(bodies.get(i), refTail);
            // the last frame of a record is where the client has all of it
            @Nullable String position = i == bodies.size() - 1 ? host.livePosition() : null;
            batch.add(position == null ? frame : Frames.withPosition(frame, position));
        }
        if (OutputFrames.isEnd(record)) {
            over = true;
        }
        return true;
    }

    private List<byte[]> bodies(Entry entry, TerminalViewRecord record) {
        if (record.hasLines()) {
            return entry.bodies(0, () -> OutputFrames.of(record.getLines()));
        }
        if (Marks.compare(record.getFrom(), mark) == 0) {
            return entry.bodies(0, () -> OutputFrames.of(record.getRaw(), record.getFrom()));
        }
        return OutputFrames.of(record.getRaw(), mark);
    }

    private void skip(TerminalTail source, String reason) {
        source.toEnd();
        skipReason = reason;
        read();
    }

    // ---------------------------------------------------------------- what happens around it

    void onNode(NodeView view, Role now) {
        node = view.getState();
        role = now;
        if (phase != Phase.RESOLVING && !Access.isAtLeast(now, Role.ROLE_WATCH)) {
            fail(new MusterException(ErrorCode.FORBIDDEN, "Your role on the node was lowered."));
        }
    }

    void onRemoved() {
        fail(new MusterException(ErrorCode.FORBIDDEN, "The node is gone, or access to it was withdrawn."));
    }

    void onTask(Task now) {
        task = now;
        // an exit comes through the output; these never print again
        if (phase == Phase.LIVE && !over && isOverWithoutExit(mark)) {
            endWith(endedBy(now));
        }
    }

    void tick(long nowNanos) {
        if (phase == Phase.LIVE && !over && isOverWithoutExit(mark)) {
            endWith(endedBy(task));
            host.waker().run();
            return;
        }
        if (nowNanos - dueNanos < 0) {
            return;
        }
        if (phase == Phase.READ_DUE) {
            read();
        } else if (phase == Phase.LEASING) {
            if (leaseAsked < LEASE_ASKED_MAX) {
                askLease();
            } else {
                fail(new MusterException(ErrorCode.UNAVAILABLE, "The registry did not answer the watch in time."));
            }
        }
    }

    /** @throws MusterException {@code forbidden} if the user may only look */
    void requireType() {
        if (!Access.isAtLeast(role, Role.ROLE_TYPE)) {
            throw new MusterException(
                    ErrorCode.FORBIDDEN, "Your role on this node is %s; this needs TYPE.".formatted(Access.name(role)));
        }
    }

    Lag lag() {
        return phase == Phase.LIVE && tail != null ? tail.lag() : Lag.NONE;
    }

    /** Gives back all it holds. */
    void close() {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        ready.clear();
        returnBudget(0);
        if (tail != null) {
            tail.close();
        }
        if (lease != null) {
            host.services().watches().release(lease);
        }
    }

    private void fail(MusterException failure) {
        if (phase != Phase.ENDED) {
            close();
            host.refuse(asked.ref(), failure);
            host.drop(this);
        }
    }

    private void endWith(byte[] ended) {
        ready.add(Frames.join(ended, refTail));
        over = true;
    }

    /** Whether the task is over and what it printed is here up to its end, or will not come. */
    private boolean isOverWithoutExit(Mark reached) {
        @Nullable Task known = task;
        if (known == null || !isFinal(known.getState())) {
            return false;
        }
        // of a lost task nobody may know how much it printed
        boolean counted = known.getState() != TaskState.LOST || known.getOutputBytes() > 0;
        if (known.getStartedAtMillis() == 0 || (counted && reached.getOffset() >= known.getOutputBytes())) {
            return true;
        }
        // an agent that was away tells of the end before it brings the output
        boolean away = node.getSessionId().isEmpty();
        long since = Math.max(known.getEndedAtMillis(), away ? 0 : node.getConnectedSinceMillis());
        Duration wait = away && counted ? GIVEN_UP : SETTLED;
        return host.services().clock().millis() - since > wait.toMillis();
    }

    private static byte[] endedBy(@Nullable Task task) {
        return task == null
                ? Frames.ended(null, null, null)
                : Frames.ended(
                        task.hasExitCode() ? task.getExitCode() : null,
                        task.getSignal(),
                        task.getState().name());
    }

    private static boolean isFinal(TaskState state) {
        return switch (state) {
            case SUCCEEDED, FAILED, CANCELLED, TIMED_OUT, EXPIRED, LOST -> true;
            case QUEUED, DISPATCHED, RUNNING, TASK_STATE_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }

    private long readyBytes() {
        return ready.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** @param kept bytes that still wait to be sent */
    private void returnBudget(long kept) {
        long excess = held - Math.min(held, kept);
        held -= excess;
        host.services().history().give(excess);
    }
}
