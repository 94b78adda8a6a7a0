package dev.muster.fanout.live.session;

import dev.muster.contract.errors.ErrorCode;
import org.jspecify.annotations.Nullable;

/** A client frame that cannot be obeyed; answered with {@code error}, and the socket stays open. */
final class BadFrameException extends Exception {
    private static final long serialVersionUID = 1;

    private final @Nullable String ref;
    private final ErrorCode code;
    private final String detail;

    BadFrameException(@Nullable String ref, ErrorCode code, String detail) {
        super(detail, null, false, false);
        this.ref = ref;
        this.code = code;
        this.detail = detail;
    }

    @Nullable
    String ref() {
        return ref;
    }

    ErrorCode code() {
        return code;
    }

    String detail() {
        return detail;
    }
}
