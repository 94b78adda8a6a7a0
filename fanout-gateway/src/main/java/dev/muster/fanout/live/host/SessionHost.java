package dev.muster.fanout.live.host;

import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.auth.User;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the session does for its parts. All of it runs in the session's context. */
public interface SessionHost {
    User user();

    public Services services();

    /** Has the session look for something to send, soon. One object, always the same. */
    Runnable waker();

    SessionContext context();

    /** In the context: looks for something to send, now. One object, always the same. */
    Runnable turn();

    /** Continues in the session's context, unless the session ended meanwhile. */
    <T> void later(CompletableFuture<T> answer, Consumer<T> then, Consumer<MusterException> failed);

    /** As {@link #later}, but also when the session has ended meanwhile: the answer must be given back. */
    <T> void always(CompletableFuture<T> answer, Consumer<T> then, Consumer<MusterException> failed);

    /** Sends an answer, or cuts a client that asks on without reading. */
    public void reply(ByteBuffer frame);

    /**
     * The session is open: reports it before the answers to frames that the client sent right behind the open frame,
     * which already wait.
     */
    void opened(ByteBuffer frame);

    /** Answers with a problem. */
    void refuse(@Nullable String ref, MusterException failure);

    /** Tells the client once that something it needs is away, and tries again after a moment. */
    void unavailable(MusterException failure, Runnable again);

    /** A token for what the client will have received when it gets it. */
    public String position();

    /**
     * As {@link #position}; null while the client has not received the whole snapshot: with an earlier token it would
     * miss nodes.
     */
    @Nullable
    String livePosition();
}
