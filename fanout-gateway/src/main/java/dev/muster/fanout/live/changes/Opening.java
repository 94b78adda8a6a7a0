package dev.muster.fanout.live.changes;

import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.log.ring.PartitionRing.Bounds;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.log.tokens.ResumeTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a session ready to read: learns the cluster's identity, checks the token, has the partitions followed, and
 * moves to the token's position. {@link #close} releases what it holds. Confined to the session's context.
 */
final class Opening {
    /** How it ended. */
    interface Taker {
        /** @param refusal why the token could not be used; null: the session goes on at its position */
        void opened(ResumeTokens.Issuer tokens, ResumeTokens.Verdict verdict, @Nullable ResumeRefusal refusal);
    }

    private final SessionHost host;
    private final ChangeTail tail;
    private final Set<String> audiences;
    private final Taker taker;
    private final List<Runnable> releases = new ArrayList<>(2);
    private boolean closed;

    Opening(SessionHost host, ChangePump changes, Taker taker) {
        this.host = host;
        this.tail = changes.tail();
        this.audiences = changes.audiences();
        this.taker = taker;
    }

    void start(@Nullable String resume) {
        Services services = host.services();
        host.later(
                services.feed().tokens().get(),
                known -> {
                    String user = host.user().name();
                    ResumeTokens.Issuer issuer = known.issuer(user, audiences);
                    ResumeTokens.Verdict verdict = known.verify(resume, user, audiences);
                    followOutput(issuer, verdict);
                },
                failure -> host.unavailable(failure, () -> start(resume)));
    }

    private void followOutput(ResumeTokens.Issuer issuer, ResumeTokens.Verdict verdict) {
        Services services = host.services();
        follow(
                services.feed().output(),
                List.of(services.feed().partitions().ofView(host.user().name())),
                Map.of(),
                bounds -> followChanges(issuer, verdict));
    }

    private void followChanges(ResumeTokens.Issuer issuer, ResumeTokens.Verdict verdict) {
        follow(
                host.services().feed().changes(),
                Arrays.stream(tail.partitions()).boxed().toList(),
                verdict.position(),
                bounds -> {
                    tail.startWaking();
                    @Nullable ResumeRefusal refusal = verdict.refusal();
                    taker.opened(issuer, verdict, refusal == null ? tail.resume(verdict.position(), bounds) : refusal);
                });
    }

    private void follow(
            PartitionTails tails,
            Collection<Integer> partitions,
            Map<Integer, Long> from,
            Consumer<Map<Integer, Bounds>> then) {
        host.always(
                tails.acquire(partitions, from),
                bounds -> {
                    if (closed) {
                        tails.release(partitions);
                    } else {
                        releases.add(() -> tails.release(partitions));
                        then.accept(bounds);
                    }
                },
                failure -> host.unavailable(failure, () -> follow(tails, partitions, from, then)));
    }

    void close() {
        closed = true;
        releases.forEach(Runnable::run);
        releases.clear();
    }
}
