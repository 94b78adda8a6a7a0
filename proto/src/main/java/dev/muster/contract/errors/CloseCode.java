package dev.muster.contract.errors;

/**
 * Why a WebSocket was closed. The range of a code says whether a client opens a new socket by itself:
 *
 * <ul>
 *   <li>1000 to 1999 are the WebSocket protocol's own: yes, except 1009, because the same frame would be too large
 *       again.
 *   <li>4400 to 4499: no, only after the client has done what the sentence of the code says. The exception is 4408: the
 *       client needs to do nothing before it tries again. The number is older than the ranges, and clients know it.
 *   <li>4500 to 4599: yes, with the resume token.
 * </ul>
 */
public enum CloseCode {
    NORMAL(1000, "The client closed, or everything asked for was sent."),
    GOING_AWAY(1001, "The gateway stops."),
    SERVICE_RESTART(1012, "The gateway restarts; reconnect after a random delay and resume."),
    MESSAGE_TOO_BIG(1009, "A frame was larger than allowed."),
    INTERNAL_ERROR(1011, "A fault of ours; the log has the error id."),
    UNAUTHENTICATED(4401, "The token expired or was revoked while the socket was open: sign in again."),
    FORBIDDEN(4403, "Access was withdrawn."),
    OPEN_TIMEOUT(4408, "No `open` frame arrived in time."),
    TOO_MANY_SESSIONS(4429, "The user has too many sessions open: close one."),
    TOO_SLOW(4508, "A frame made no progress until its deadline; resume when the client reads again."),
    NO_PONG(4509, "The peer answered no ping until the deadline.");

    private final int code;
    private final String when;

    CloseCode(int code, String when) {
        this.code = code;
        this.when = when;
    }

    public int code() {
        return code;
    }

    /** Whether a client should open a new socket by itself. */
    public boolean reconnect() {
        return code == 4408 || (code / 100 != 44 && code != 1009);
    }

    public String when() {
        return when;
    }
}
