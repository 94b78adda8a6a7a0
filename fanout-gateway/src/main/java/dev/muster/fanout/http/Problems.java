package dev.muster.fanout.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.contract.errors.Detail;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.json.Json;
import io.javalin.http.HttpResponseException;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Turns any failure into a problem (RFC 9457) with a published code and an error id. A fault of Muster is logged once,
 * with the same id. Thread-safe.
 */
public final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    static final String CONTENT_TYPE = "application/problem+json";
    static final int RETRY_AFTER_SECONDS = 1;

    private static final int CAUSES_MAX = 8;

    private final Supplier<String> errorIds;

    public Problems(Supplier<String> errorIds) {
        this.errorIds = errorIds;
    }

    /** The problem as JSON, without a log entry: {@code type, title, status, detail, code, errorId}. */
    public ObjectNode json(ErrorCode code, String detail, String errorId) {
        ObjectNode json = Json.object();
        json.put("type", "urn:muster:problem:" + code.code());
        json.put("title", code.when());
        json.put("status", code.status());
        json.put("detail", Detail.of(detail));
        json.put("code", code.code());
        json.put("errorId", errorId);
        return json;
    }

    /** The problem that an exception is; logs it if it is ours. */
    public ObjectNode json(Throwable error) {
        MusterException problem = problemOf(error);
        String errorId = errorIds.get();
        if (problem.code().status() >= 500) {
            LoggingEventBuilder entry = LOG.atLevel(problem.code() == ErrorCode.INTERNAL ? Level.ERROR : Level.WARN)
                    .addKeyValue("errorId", errorId)
                    .addKeyValue("code", problem.code().code());
            // what was refused before it was begun has no cause worth a stack trace
            boolean begun = problem.retryAfterSeconds() == 0;
            (begun ? entry.setCause(error) : entry.addKeyValue("detail", detail(problem))).log("request failed");
        }
        return json(problem.code(), detail(problem), errorId);
    }

    public Answer answer(Throwable error) {
        ObjectNode json = json(error);
        ErrorCode code = problemOf(error).code();
        Answer answer = Answer.bytes(code.status(), CONTENT_TYPE, Json.bytes(json));
        if (code.status() == 503 || code.status() == 429) {
            answer = answer.with("Retry-After", Integer.toString(retryAfter(problemOf(error))));
        }
        return code.status() == 401 ? answer.with("WWW-Authenticate", "Bearer realm=\"muster\"") : answer;
    }

    /** Seconds after which a repeat is worth while. */
    public static int retryAfter(MusterException problem) {
        return Math.max(RETRY_AFTER_SECONDS, problem.retryAfterSeconds());
    }

    /** What a failure is in the words of the published table. */
    public static MusterException problemOf(Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof MusterException known) {
            return known;
        }
        if (cause instanceof HttpResponseException http) {
            return ofStatus(http.getStatus());
        }
        if (cause instanceof HttpException refused) {
            return ofStatus(refused.getCode());
        }
        if (cause instanceof EofException) {
            return new MusterException(ErrorCode.INVALID, "The client hung up.", cause);
        }
        return new MusterException(ErrorCode.INTERNAL, "A fault of ours.", cause);
    }

    /**
     * Whether the cause of a failure is that the client has gone or does nothing: then it is a failure of its
     * connection, which Jetty may have wrapped.
     */
    static boolean isHangUp(Throwable error) {
        Throwable cause = error;
        for (int depth = 0; depth < CAUSES_MAX; depth++) {
            if (cause instanceof EofException
                    || cause instanceof ClosedChannelException
                    || cause instanceof EOFException
                    || cause instanceof SocketException
                    || cause instanceof TimeoutException
                    || (cause instanceof IOException && isReset(cause))) {
                return true;
            }
            @Nullable Throwable next = cause.getCause();
            if (next == null) {
                return false;
            }
            cause = next;
        }
        return false;
    }

    // the JDK has no class for it
    private static boolean isReset(Throwable error) {
        @Nullable String message = error.getMessage();
        return message != null
                && (message.contains("Connection reset")
                        || message.contains("Broken pipe")
                        || message.contains("Connection timed out"));
    }

    static MusterException ofStatus(int status) {
        ErrorCode code = switch (status) {
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 -> ErrorCode.FORBIDDEN;
            case 404 -> ErrorCode.NOT_FOUND;
            case 405, 501 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 413, 414, 431 -> ErrorCode.TOO_LARGE;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> ErrorCode.RATE_LIMITED;
            case 503 -> ErrorCode.UNAVAILABLE;
            default -> status >= 400 && status < 500 ? ErrorCode.INVALID : ErrorCode.INTERNAL;
        };
        return new MusterException(code, code == ErrorCode.INVALID ? "The request is not valid HTTP." : code.when());
    }

    public static Throwable unwrap(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    // the message of an unexpected exception is for the log alone
    private static String detail(MusterException problem) {
        @Nullable String message = problem.getMessage();
        return message == null ? problem.code().when() : message;
    }
}
