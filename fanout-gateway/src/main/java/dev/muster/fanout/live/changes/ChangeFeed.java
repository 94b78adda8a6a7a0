package dev.muster.fanout.live.changes;

import dev.muster.contract.ids.Audiences;
import dev.muster.fanout.auth.User;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.terminals.AttachSet;
import dev.muster.fanout.log.ring.PartitionRing.Lag;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.log.tokens.ResumeTokens;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The changes of the fleet for one session, from its open frame on. Confined to the session's context.
 *
 * <pre>
 * OPENING   the partitions are positioned                        -> SNAPSHOT, or LIVE if a token allows it
 * SNAPSHOT  pages of nodes, one at a time                        -> LIVE
 * LIVE      records, from {@link Cursor}'s source; at a gap      -> SNAPSHOT
 * CLOSED    from everywhere
 * </pre>
 */
public final class ChangeFeed {
    private enum State {
        OPENING,
        SNAPSHOT,
        LIVE,
        CLOSED
    }

    private final SessionHost host;
    private final AttachSet attaches;
    private final ChangePump pump;
    private final Opening opening;
    private final SnapshotReader snapshot;
    private State state = State.OPENING;
    private ResumeTokens.@Nullable Issuer tokens;

    /** @param attaches they begin when it is open, and hear of changes of their nodes */
    public ChangeFeed(SessionHost host, AttachSet attaches) {
        this.host = host;
        this.attaches = attaches;
        User user = host.user();
        Set<String> audiences = Set.copyOf(Audiences.ofSession(
                user.name(), user.groups(), user.admin(), host.services().feed().partitions()));
        this.pump = new ChangePump(host, audiences, attaches);
        this.opening = new Opening(host, pump, this::opened);
        this.snapshot = new SnapshotReader(host, pump);
    }

    /** @param resume the token with the position to go on from; null: there is none */
    public void open(@Nullable String resume) {
        opening.start(resume);
    }

    private void opened(ResumeTokens.Issuer issuer, ResumeTokens.Verdict verdict, @Nullable ResumeRefusal refusal) {
        tokens = issuer;
        host.services().metrics().opened(refusal);
        if (refusal == null) {
            pump.resume(verdict.floors());
            host.opened(Frames.opened(true, null, heartbeat(), position()));
            state = State.LIVE;
        } else {
            host.opened(Frames.opened(false, refusal.code(), heartbeat(), null));
            startSnapshot();
        }
        attaches.begin(verdict.terminals());
    }

    private Duration heartbeat() {
        return host.services().heartbeat().every();
    }

    // after a gap the log may be another one, with other tokens
    private void identify() {
        state = State.SNAPSHOT;
        host.later(
                host.services().feed().tokens().get(),
                known -> {
                    tokens = known.issuer(host.user().name(), pump.audiences());
                    startSnapshot();
                },
                failure -> host.unavailable(failure, this::identify));
    }

    private void startSnapshot() {
        state = State.SNAPSHOT;
        snapshot.start();
    }

    public boolean isOpening() {
        return state == State.OPENING;
    }

    public boolean isLive() {
        return state == State.LIVE;
    }

    /** Adds the page of the snapshot that is there, if one is. */
    public void fillSnapshot(Batch batch) {
        if (state == State.SNAPSHOT && snapshot.fill(batch)) {
            state = State.LIVE;
        }
    }

    /** Adds the records that can be sent now. */
    public void fillRecords(Batch batch) {
        if (state == State.LIVE && !batch.isFull()) {
            @Nullable String gap = pump.fill(batch);
            if (gap != null) {
                host.services().metrics().gaps.increment();
                batch.add(Frames.nodesGap(position(), gap));
                identify();
            }
        }
    }

    /** As {@link ChangePump#tick}. */
    public void tick(Lag ofAttaches, long positionEveryNanos) {
        pump.tick(ofAttaches, positionEveryNanos);
    }

    /** A token for what the client will have received when it gets it. */
    public String position() {
        ResumeTokens.@Nullable Issuer issuer = tokens;
        if (issuer == null) {
            throw new IllegalStateException("not open");
        }
        ChangeTail tail = pump.tail();
        return issuer.issue(tail.partitions(), tail.offsets(), pump.floors(), attaches.points());
    }

    public void close() {
        state = State.CLOSED;
        pump.tail().stopWaking();
        snapshot.close();
        opening.close();
    }
}
