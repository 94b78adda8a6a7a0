package dev.muster.agent.task;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.ids.Ids;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides as which user of the machine a task runs.
 *
 * <pre>
 * the task names ...             the agent runs as root        the agent runs as another user
 * no user, or the agent's own    as the agent                  as the agent
 * an allowed user who exists     as that user                  refused
 * any other                      refused                       refused
 * </pre>
 */
final class Users {
    private final AllowedUsers allowed;
    private final String own;
    private final boolean isRoot;
    private final Function<String, Optional<Login>> known;

    /**
     * @param own name of the agent's user; empty if the user has none
     * @param known looks a name up in the system's list of users
     */
    Users(AllowedUsers allowed, String own, boolean isRoot, Function<String, Optional<Login>> known) {
        this.allowed = allowed;
        this.own = own;
        this.isRoot = isRoot;
        this.known = known;
    }

    static Users ofThisProcess(AllowedUsers allowed) {
        return new Users(allowed, Login.current().name().toStringUtf8(), LibC.INSTANCE.geteuid() == 0, Login::ofUser);
    }

    /**
     * The user to change to; empty: the agent's own.
     *
     * @param name the task's; empty if it names none
     */
    Optional<Login> of(String name) throws RefusedException {
        if (name.isEmpty() || name.equals(own)) {
            return Optional.empty();
        }
        if (!isRoot) {
            throw refused("the agent does not run as root, so it runs commands as its own user alone, who is "
                    + (own.isEmpty() ? "without a name" : own));
        }
        if (!Ids.isSystemUser(name) || !allowed.has(name)) {
            throw refused("the agent's --allow-users does not name the user " + name);
        }
        return Optional.of(known.apply(name).orElseThrow(() -> refused("the node has no user " + name)));
    }

    private static RefusedException refused(String detail) {
        return new RefusedException(ErrorCode.RUN_AS_REFUSED, detail);
    }
}
