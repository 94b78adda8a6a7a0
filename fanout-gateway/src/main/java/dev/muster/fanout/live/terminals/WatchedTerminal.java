package dev.muster.fanout.live.terminals;

import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.log.ViewRecords;
import dev.muster.fanout.watch.Watches;
import dev.muster.proto.records.v1.TerminalViewRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The output of one terminal during an attach: a hold of its lease, and the tail that delivers the output. Confined to
 * the session's context.
 */
final class WatchedTerminal implements AutoCloseable {
    private static final int ASKED_MAX = 12;

    private final SessionHost host;
    private final Watches.Target target;
    private final TerminalTail tail;
    private final List<String> asked = new ArrayList<>(1);
    private long dueNanos;

    WatchedTerminal(SessionHost host, ClientOp.Attach attach, String terminal) {
        this.host = host;
        Services services = host.services();
        String user = host.user().name();
        this.target = new Watches.Target(user, attach.nodeId(), terminal, attach.mode());
        this.tail = new TerminalTail(
                services.feed().output().ring(services.feed().partitions().ofView(user)),
                ViewRecords.terminalKey(user, terminal, attach.mode()),
                host.waker());
    }

    TerminalTail tail() {
        return tail;
    }

    /**
     * Requests the lease, or repeats the request.
     *
     * @param failed told if the request cannot be sent, unless another one was made meanwhile
     */
    void ask(Consumer<MusterException> failed) {
        Services services = host.services();
        Watches watches = services.watches();
        Watches.Asked answer = asked.isEmpty() ? watches.hold(target) : watches.ask(target);
        String id = answer.watchId();
        asked.add(id);
        dueNanos =
                services.nanos().getAsLong() + services.limits().leaseAnswer().toNanos();
        host.later(answer.published(), published -> {}, failure -> {
            if (asked.get(asked.size() - 1).equals(id)) {
                failed.accept(failure);
            }
        });
    }

    /**
     * Whether a record answers any of the requests: all output after it will come. A registry that is behind answers
     * each request when the next one has already been made.
     */
    boolean isAnsweredBy(TerminalViewRecord record) {
        return record.hasLeaseActive() && asked.contains(record.getLeaseActive().getWatchId());
    }

    /** Whether the answer should be here by now. */
    boolean isDue(long nowNanos) {
        return nowNanos - dueNanos >= 0;
    }

    /** The answer may have been passed over. */
    void missed() {
        tail.toEnd();
        dueNanos = host.services().nanos().getAsLong();
    }

    boolean mayAskAgain() {
        return asked.size() < ASKED_MAX;
    }

    @Override
    public void close() {
        tail.close();
        if (!asked.isEmpty()) {
            host.services().watches().release(target);
        }
    }
}
