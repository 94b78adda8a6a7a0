package dev.muster.contract.errors;

/** A failure with a published code; the detail is fit for the one who asked. */
public final class MusterException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    public MusterException(ErrorCode code, String detail) {
        super(detail);
        this.code = code;
    }

    public MusterException(ErrorCode code, String detail, Throwable cause) {
        super(detail, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
