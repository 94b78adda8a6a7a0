package dev.muster.cli.api;

/** The API said no. The message is the problem on one line; {@code code} is one of the published error codes. */
public final class ApiException extends RuntimeException {
    private final int status;
    private final String code;

    ApiException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }
}
