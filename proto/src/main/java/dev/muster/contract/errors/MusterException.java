package dev.muster.contract.errors;

/** A failure with a published code; the client may see the detail, whose length is bounded. */
public final class MusterException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final int retryAfterSeconds;

    public MusterException(ErrorCode code, String detail) {
        this(code, detail, 0);
    }

    /** @param retryAfterSeconds when a repeat may succeed; 0: unknown */
    public MusterException(ErrorCode code, String detail, int retryAfterSeconds) {
        super(Detail.of(detail));
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public MusterException(ErrorCode code, String detail, Throwable cause) {
        super(Detail.of(detail), cause);
        this.code = code;
        this.retryAfterSeconds = 0;
    }

    public ErrorCode code() {
        return code;
    }

    /** When a repeat may succeed; 0: unknown. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
