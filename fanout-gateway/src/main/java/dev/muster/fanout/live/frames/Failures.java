package dev.muster.fanout.live.frames;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A viewer's failures: in the words of the published table, and as the frame that reports them. A fault of Muster is
 * logged once, with the id in the frame.
 */
public final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** The reason why an answer did not come. */
    public static MusterException of(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof MusterException known
                ? known
                : new MusterException(ErrorCode.INTERNAL, "The request failed.", cause);
    }

    /** @param ref the client's name for the thing that failed; null: it is not about one thing */
    public static ByteBuffer frame(@Nullable String ref, MusterException failure, String errorId) {
        if (failure.code().status() >= 500) {
            LOG.atLevel(failure.code() == ErrorCode.INTERNAL ? Level.ERROR : Level.DEBUG)
                    .addKeyValue("errorId", errorId)
                    .addKeyValue("code", failure.code().code())
                    .setCause(failure)
                    .log("request of a viewer failed");
        }
        @Nullable String detail = failure.getMessage();
        return Frames.error(ref, failure.code(), detail == null ? failure.code().when() : detail, errorId);
    }
}
