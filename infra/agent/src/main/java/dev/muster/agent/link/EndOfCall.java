package dev.muster.agent.link;

import dev.muster.contract.errors.ErrorCode;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Optional;

/**
 * The end of a call, as reported by a gateway or the network.
 *
 * @param code of the trailers; empty if no gateway answered
 * @param retryAfterMillis the wait that the gateway asked for, or 0
 */
record EndOfCall(Status status, Optional<ErrorCode> code, long retryAfterMillis) {
    static final long RETRY_AFTER_MILLIS_MAX = 60_000;

    static EndOfCall of(Throwable why) {
        Metadata trailers = Status.trailersFromThrowable(why);
        String code = trailers == null ? null : trailers.get(Channels.CODE);
        return new EndOfCall(
                Status.fromThrowable(why),
                code == null ? Optional.empty() : ErrorCode.of(code),
                trailers == null ? 0 : retryAfterMillis(trailers.get(Channels.RETRY_AFTER_MILLIS)));
    }

    private static long retryAfterMillis(@org.jspecify.annotations.Nullable String value) {
        try {
            return value == null ? 0 : Math.max(0, Math.min(RETRY_AFTER_MILLIS_MAX, Long.parseLong(value)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether this gateway considers the credential invalid. */
    boolean isFinal() {
        return code.filter(one -> switch (one) {
                    case UNAUTHENTICATED, CREDENTIAL_REVOKED, NODE_DELETED -> true;
                    default -> false;
                })
                .isPresent();
    }

    /** The published code, or gRPC's own. */
    String codeName() {
        return code.map(ErrorCode::code).orElse(status.getCode().toString());
    }

    /** For people. */
    @Override
    public String toString() {
        return detail() + " (" + codeName() + ")";
    }

    /** For people: the gateway's text, or the network's failure. */
    String detail() {
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String text = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        return cause == null || cause.getMessage() == null ? text : text + ": " + cause.getMessage();
    }
}
