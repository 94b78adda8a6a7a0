package dev.muster.agent.task;

import dev.muster.contract.errors.ErrorCode;
import java.io.IOException;

/** The agent does not run a task; the message tells a person why. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    RefusedException(ErrorCode code, String detail) {
        super(detail);
        this.code = code;
    }

    ErrorCode code() {
        return code;
    }
}
