package dev.muster.contract.errors;

/**
 * Why a WebSocket was closed. 1000-1999: the protocol's own; 4400-4499: open anew only after doing what the advice says;
 * 4500-4599: open anew with the resume token.
 */
public enum CloseCode {
    NORMAL(1000, true, "The client closed, or everything asked for was sent."),
    GOING_AWAY(1001, true, "The gateway stops."),
    SERVICE_RESTART(1012, true, "The gateway restarts; open anew after a random delay and resume."),
    MESSAGE_TOO_BIG(1009, false, "A frame was larger than allowed."),
    INTERNAL_ERROR(1011, true, "A fault of ours; the log has the error id."),
    UNAUTHENTICATED(4401, false, "The token expired or was revoked while the socket was open: sign in again."),
    FORBIDDEN(4403, false, "Access was withdrawn."),
    OPEN_TIMEOUT(4408, true, "No `open` frame arrived in time."),
    TOO_MANY_SESSIONS(4429, false, "The user has too many sessions open: close one."),
    TOO_SLOW(4508, true, "A frame made no progress until its deadline; resume when the client reads again."),
    NO_PONG(4509, true, "The peer answered no ping until the deadline.");

    private final int code;
    private final boolean reconnect;
    private final String when;

    CloseCode(int code, boolean reconnect, String when) {
        this.code = code;
        this.reconnect = reconnect;
        this.when = when;
    }

    public int code() {
        return code;
    }

    /** Whether a client should open anew by itself. */
    public boolean reconnect() {
        return reconnect;
    }

    public String when() {
        return when;
    }
}
