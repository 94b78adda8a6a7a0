package dev.muster.registry.task;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.registry.node.NodeDraft;

/**
 * Which agents may be sent a task that names a user. An agent of an older release ignores the name, and would run the
 * command as its own user.
 */
final class RunAs {
    /** A capability in the Hello. */
    static final String CAPABILITY = "run-as";

    private RunAs() {}

    /** @param user the task's; empty: the agent's own */
    static boolean isSupported(NodeDraft draft, String user) {
        return user.isEmpty() || draft.session().getCapabilitiesList().contains(CAPABILITY);
    }

    static String detail(String user) {
        return "the node's agent is of an older release, which cannot run a command as the user " + user;
    }

    /** Of a task that is not sent. */
    static String reason(String user) {
        return ErrorCode.RUN_AS_UNSUPPORTED.code() + ": " + detail(user);
    }
}
