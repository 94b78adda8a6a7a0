package dev.muster.fanout.live.terminals;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.fanout.watch.Inputs;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.WatchMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The terminals of one session by ref, and the client's requests about them. Confined to the session's context. */
public final class AttachSet {
    private final SessionHost host;
    /** Of most sessions both are the same two empty ones. */
    private Map<String, Attach> attaches = Map.of();

    private List<TerminalPoint> ofToken = List.of();
    private boolean begun;

    public AttachSet(SessionHost host) {
        this.host = host;
    }

    public boolean isEmpty() {
        return attaches.isEmpty();
    }

    // ---------------------------------------------------------------- what the client asks

    public void attach(ClientOp.Attach op) {
        int max = host.services().limits().attachesMax();
        if (attaches.containsKey(op.ref())) {
            host.refuse(op.ref(), new MusterException(ErrorCode.CONFLICT, "The ref is in use."));
        } else if (attaches.size() >= max) {
            host.refuse(
                    op.ref(), new MusterException(ErrorCode.RATE_LIMITED, "There are " + max + " attaches already."));
        } else {
            Attach attach = new Attach(host, op, this::takePoint, this::drop);
            if (attaches.isEmpty()) {
                attaches = new LinkedHashMap<>(2);
            }
            attaches.put(op.ref(), attach);
            host.services().metrics().attached(1);
            if (begun) {
                attach.start();
            }
        }
    }

    public void detach(ClientOp.Detach op) {
        @Nullable Attach attach = find(op.ref());
        if (attach != null) {
            attach.close();
            drop(attach);
        }
    }

    public void input(ClientOp.Input op) {
        String user = host.user().name();
        send(op.ref(), to -> {
            to.noteTyped();
            return host.services().inputs().type(user, to.node(), to.terminal(), op.data());
        });
    }

    public void resize(ClientOp.Resize op) {
        String user = host.user().name();
        send(op.ref(), to -> host.services().inputs().resize(user, to.node(), to.terminal(), op.cols(), op.rows()));
    }

    private void send(String ref, Function<Attach, CompletableFuture<?>> send) {
        @Nullable Attach attach = find(ref);
        if (attach == null) {
            return;
        }
        try {
            attach.requireType();
        } catch (MusterException e) {
            host.refuse(ref, e);
            return;
        }
        if (!Inputs.isReachable(attach.node())) {
            undelivered(ref, ErrorCode.NOT_CONNECTED);
            return;
        }
        host.later(send.apply(attach), sent -> {}, failure -> undelivered(ref, failure.code()));
    }

    private void undelivered(String ref, ErrorCode why) {
        host.services().metrics().undelivered.increment();
        host.reply(Frames.inputUndelivered(ref, why.code()));
    }

    private @Nullable Attach find(String ref) {
        @Nullable Attach attach = attaches.get(ref);
        if (attach == null) {
            host.refuse(ref, new MusterException(ErrorCode.NOT_FOUND, "Nothing is attached under this ref."));
        }
        return attach;
    }

    // ---------------------------------------------------------------- resuming

    /**
     * The session is open, its output is followed: attaches that were asked for begin.
     *
     * @param points what the token of the open frame said about terminals; each is for one attach
     */
    public void begin(List<TerminalPoint> points) {
        begun = true;
        ofToken = points.isEmpty() ? List.of() : new ArrayList<>(points);
        each(Attach::start);
    }

    private @Nullable TerminalPoint takePoint(String terminal, WatchMode mode) {
        for (TerminalPoint point : ofToken) {
            if (point.mode() == mode && point.terminal().equals(terminal)) {
                ofToken.remove(point);
                return point;
            }
        }
        return null;
    }

    /** How far the client has each terminal, for a token; also those it has not asked for again yet. */
    public List<TerminalPoint> points() {
        if (attaches.isEmpty() && ofToken.isEmpty()) {
            return List.of();
        }
        List<TerminalPoint> points = new ArrayList<>(ofToken);
        for (Attach attach : attaches.values()) {
            @Nullable TerminalPoint point = attach.point();
            if (point != null) {
                points.add(point);
            }
        }
        return points;
    }

    // ---------------------------------------------------------------- what the session tells them

    public void fill(Batch batch) {
        if (!attaches.isEmpty() && !batch.isFull()) {
            each(attach -> {
                if (!batch.isFull()) {
                    attach.fill(batch);
                }
            });
        }
    }

    public void onTask(String nodeId, Task task) {
        of(nodeId, attach -> {
            if (attach.terminal().equals(task.getTaskId())) {
                attach.onTask(task);
            }
        });
    }

    public void onNode(NodeView node, Role role) {
        of(node.getNode().getNodeId(), attach -> attach.onNode(node, role));
    }

    public void onRemoved(String nodeId) {
        of(nodeId, Attach::onRemoved);
    }

    public void tick(long nowNanos) {
        if (!attaches.isEmpty()) {
            each(attach -> attach.tick(nowNanos));
        }
    }

    public Lag lag() {
        Lag lag = Lag.NONE;
        for (Attach attach : attaches.values()) {
            lag = lag.plus(attach.lag());
        }
        return lag;
    }

    private void drop(Attach attach) {
        if (attaches.remove(attach.ref(), attach)) {
            host.services().metrics().attached(-1);
        }
    }

    public void close() {
        each(attach -> {
            attach.close();
            drop(attach);
        });
    }

    private void of(String nodeId, Consumer<Attach> then) {
        if (!attaches.isEmpty()) {
            each(attach -> {
                if (attach.nodeId().equals(nodeId)) {
                    then.accept(attach);
                }
            });
        }
    }

    // one that is told something may end, and leave the set
    private void each(Consumer<Attach> then) {
        List.copyOf(attaches.values()).forEach(then);
    }
}
