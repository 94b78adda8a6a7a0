package dev.muster.agent.task;

import dev.muster.contract.ids.Ids;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The users as whom an agent runs commands, besides its own user, who is always allowed.
 *
 * @param all whether every user of the machine is allowed
 * @param names empty if all are allowed
 */
public record AllowedUsers(boolean all, Set<String> names) {
    /** The agent's own user alone. */
    public static final AllowedUsers OWN = new AllowedUsers(false, Set.of());

    private static final String ALL = "*";

    public AllowedUsers {
        names = Set.copyOf(names);
    }

    /**
     * @param list names between commas, or {@code *} for every user; empty: the agent's own user alone
     * @throws IllegalArgumentException if a text in the list is no name; the message tells a person which
     */
    public static AllowedUsers of(String list) {
        Set<String> names = Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
        if (names.contains(ALL)) {
            return new AllowedUsers(true, Set.of());
        }
        names.stream().filter(name -> !Ids.isSystemUser(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException("'" + name + "' is not the name of a user");
        });
        return new AllowedUsers(false, names);
    }

    boolean has(String name) {
        return all || names.contains(name);
    }
}
