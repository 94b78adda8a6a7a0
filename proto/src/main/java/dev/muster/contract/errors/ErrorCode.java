package dev.muster.contract.errors;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Every error that Muster answers with, on HTTP, WebSocket, gRPC and in replies. The published table is generated from
 * this enum.
 */
public enum ErrorCode {
    UNAUTHENTICATED(
            401,
            false,
            "There is no token, or it is expired, revoked or not ours.",
            "Sign in again, or make a token with `infra/muster token`."),
    FORBIDDEN(403, false, "Your role on this node is too low.", "Ask the owner of the node for a higher role."),
    ORIGIN_REFUSED(
            403,
            false,
            "The request came from a page of another origin.",
            "Use Muster's own page, or a token in the Authorization header."),
    NOT_FOUND(404, false, "There is no such thing, or you may not see it.", "Check the id; list what there is."),
    METHOD_NOT_ALLOWED(405, false, "The address exists, but not with this method.", "See the API reference."),
    CONFLICT(
            409,
            false,
            "It contradicts what is there, such as another request under the same idempotency key.",
            "Use another key, or read the present state first."),
    INVITE_USED(
            409,
            false,
            "The invite was used by another agent, has expired, or was replaced.",
            "Make a new invite for the node."),
    NODE_DISABLED(409, false, "The node is disabled.", "Enable the node first."),
    TASK_ENDED(409, false, "The task has ended already.", "Nothing: read its result."),
    TOO_MANY_TASKS(409, true, "The node's queue of tasks is full.", "Wait until tasks have ended, or cancel some."),
    RAW_EXPIRED(
            410,
            false,
            "The raw output is past the retention of its topic, or bytes of it were lost on the way or never came.",
            "Read the clean history instead, or ask for a range without the bytes that are missing."),
    GONE(
            410,
            false,
            "What an earlier request made under this idempotency key was deleted since, or has expired.",
            "Use another key to make it again."),
    PRECONDITION_FAILED(
            412,
            false,
            "The node has changed since the version that you named.",
            "Read it again and repeat the change."),
    TOO_LARGE(413, false, "The body, message or frame is larger than allowed.", "Send less at once."),
    UNSUPPORTED_MEDIA_TYPE(415, false, "The body is not JSON.", "Send application/json."),
    RANGE_NOT_SATISFIABLE(
            416, false, "The range lies outside the output.", "Ask for a range within the size in Content-Range."),
    INVALID(422, false, "Something in the request is wrong; the detail names it.", "Correct it and try again."),
    PATTERN_TOO_LARGE(
            422,
            false,
            "The search pattern is too large once its repeats are written out, or takes too long on a line that the detail names.",
            "Use smaller or fewer repeats: `a+` finds what `a{1000}` finds, and more. Of a line that takes too long, go on behind it."),
    RATE_LIMITED(429, true, "Too many requests, sessions or attaches at once.", "Wait as long as Retry-After says."),
    INTERNAL(
            500,
            true,
            "A fault of ours; the error id is in the log with the stack trace.",
            "Report the error id. Reads can be repeated; a change may have been made, so repeat it as for unavailable."),
    UNAVAILABLE(
            503,
            true,
            "A part of the pipeline does not answer now; a change that was asked for may still be made.",
            "Try again after Retry-After. Reads can be repeated, and so can changes of what is there. Repeat a request that"
                    + " makes something with the idempotencyKey that it had; without a key, a repeat may make it twice."),
    NOT_CONNECTED(503, true, "The node has no live connection.", "Try again when the node is online."),
    DISK_FULL(
            507,
            true,
            "The disk of the node's agent is full, so the command was not begun.",
            "Make room on the node, then run it again."),
    RUN_AS_UNSUPPORTED(
            409,
            false,
            "The node's agent is of an older release, which cannot run a command as another user.",
            "Update the agent and let it connect again, or leave the user out."),
    RUN_AS_REFUSED(
            403,
            false,
            "The node's agent does not run commands as that user; the detail says why.",
            "Run the agent as root with that user in --allow-users, or name another user."),
    SESSION_SUPERSEDED(
            409,
            false,
            "A newer connection of the same node has taken over.",
            "Run one agent per node, or join the copy as a node of its own."),
    CLONE_SUSPECTED(
            409,
            true,
            "Several copies of an agent use one credential and kept taking the node from each other; this one has to wait.",
            "Join the copy as a node of its own, or stop it."),
    CREDENTIAL_REVOKED(
            401, false, "The node's credential was revoked or replaced.", "Make a new invite and join again."),
    NODE_DELETED(404, false, "The node was deleted.", "Create the node again and join with its new invite.");

    private final int status;
    private final boolean retryable;
    private final String when;
    private final String advice;

    ErrorCode(int status, boolean retryable, String when, String advice) {
        this.status = status;
        this.retryable = retryable;
        this.when = when;
        this.advice = advice;
    }

    /** The code on the wire: `raw-expired`. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** Whether the same request may succeed later. */
    public boolean retryable() {
        return retryable;
    }

    public String when() {
        return when;
    }

    public String advice() {
        return advice;
    }

    public static Optional<ErrorCode> of(String code) {
        return Arrays.stream(values()).filter(e -> e.code().equals(code)).findFirst();
    }
}
