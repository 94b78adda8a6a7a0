package dev.muster.fanout.command;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.Revocation;
import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.User;
import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.AuditRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * Revokes tokens and sessions: here at once, and on every gateway through the log. A repeat does no harm. Thread-safe.
 */
public final class Revoker {
    /** Takes records for the log; never waits. */
    public interface Log {
        CompletableFuture<?> publish(Topic topic, String key, Message value);
    }

    private final Log publish;
    private final Standing standing;
    private final Duration lifeMax;
    private final Clock clock;

    /** @param lifeMax of any token, so that a revocation can be forgotten after it */
    public Revoker(Log publish, Standing standing, Duration lifeMax, Clock clock) {
        this.publish = publish;
        this.standing = standing;
        this.lifeMax = lifeMax;
        this.clock = clock;
    }

    /** Ends a token and the sessions begun with it, or a session. */
    public CompletableFuture<Revocation> token(User by, String id) {
        return token(by, id, clock.instant().plus(lifeMax));
    }

    /** @param until when the token or session would end by itself */
    public CompletableFuture<Revocation> token(User by, String id, Instant until) {
        return revoke(by, new Revocation(Revocation.Kind.TOKEN, id, clock.instant(), until, by.name()));
    }

    /** Ends everything that a user has until now. */
    public CompletableFuture<Revocation> user(User by, String name) {
        Instant now = clock.instant();
        return revoke(by, new Revocation(Revocation.Kind.USER, name, now, now.plus(lifeMax), by.name()));
    }

    /** Writes one that is in force into the log once more, as it is. */
    public CompletableFuture<?> publishAgain(Revocation revocation) {
        return publish.publish(Topic.REVOCATIONS, revocation.key(), revocation.record());
    }

    private CompletableFuture<Revocation> revoke(User by, Revocation revocation) {
        standing.requireRoom(revocation, by.admin());
        // where the broker is away, it is at least ended here
        standing.add(revocation);
        return publish.publish(Topic.REVOCATIONS, revocation.key(), revocation.record())
                .thenApply(written -> {
                    audit(by, revocation);
                    return revocation;
                });
    }

    // the revocation is what counts: it does not wait for its audit record
    private void audit(User by, Revocation revocation) {
        AuditRecord record = AuditRecord.newBuilder()
                .setAtMillis(revocation.at().toEpochMilli())
                .setActor(Actor.newBuilder()
                        .setUser(by.name())
                        .addAllGroups(by.groups())
                        .setAdmin(by.admin()))
                .setAction("revoke")
                .setTarget(revocation.key())
                .setResult("ok")
                .build();
        var unused = publish.publish(Topic.AUDIT, "", record);
    }
}
