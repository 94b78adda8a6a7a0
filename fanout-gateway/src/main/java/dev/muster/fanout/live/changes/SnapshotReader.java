package dev.muster.fanout.live.changes;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.proto.query.v1.ListNodesResponse;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a snapshot page by page; the next page is requested when the last one was sent. Confined to the session's
 * context.
 */
final class SnapshotReader {
    private final SessionHost host;
    private final ChangePump changes;
    private @Nullable SnapshotSeam seam;
    private @Nullable ByteBuffer page;
    private @Nullable String next;
    private boolean active;

    SnapshotReader(SessionHost host, ChangePump changes) {
        this.host = host;
        this.changes = changes;
    }

    void start() {
        SnapshotSeam joint = new SnapshotSeam();
        seam = joint;
        active = true;
        page = null;
        changes.joinTo(joint);
        ask("");
    }

    private void ask(String after) {
        Services services = host.services();
        host.later(
                services.registry()
                        .listNodes(Snapshots.page(
                                host.user(),
                                changes.audiences(),
                                services.limits().snapshotPageNodes(),
                                after)),
                answer -> onPage(after, answer),
                failure -> host.unavailable(failure, () -> ask(after)));
    }

    private void onPage(String after, ListNodesResponse answer) {
        @Nullable SnapshotSeam joint = seam;
        if (!active || joint == null) {
            return;
        }
        Map<Integer, Long> beyond = changes.tail().beyond(answer.getPositionMap());
        if (beyond.isEmpty()) {
            take(joint, after, answer);
        } else {
            host.later(
                    host.services().feed().changes().verify(beyond),
                    verified -> {
                        if (active && joint == seam) {
                            take(joint, after, answer);
                        }
                    },
                    failure -> host.unavailable(failure, () -> ask(after)));
        }
    }

    private void take(SnapshotSeam joint, String after, ListNodesResponse answer) {
        Map<Integer, Long> position = changes.tail().inThisLog(answer.getPositionMap());
        if (after.isEmpty() && !changes.tail().startAt(position)) {
            // the registry is further behind than the log can be read again from; a newer answer is needed
            host.unavailable(
                    new MusterException(ErrorCode.UNAVAILABLE, "The registry is behind the log; a moment, please."),
                    () -> ask(after));
            return;
        }
        joint.add(answer.getNext(), position);
        boolean last = answer.getNext().isEmpty();
        page = Frames.snapshot(Snapshots.nodes(answer, host.user()), last ? host.position() : null);
        next = last ? null : answer.getNext();
    }

    /**
     * Adds the page that is there, if one is.
     *
     * @return whether the snapshot is complete
     */
    boolean fill(Batch batch) {
        @Nullable ByteBuffer ready = page;
        if (ready == null || batch.isFull()) {
            return false;
        }
        batch.add(ready);
        page = null;
        @Nullable String after = next;
        if (after != null) {
            ask(after);
            return false;
        }
        active = false;
        changes.sentPosition();
        return true;
    }

    void close() {
        active = false;
        page = null;
    }
}
