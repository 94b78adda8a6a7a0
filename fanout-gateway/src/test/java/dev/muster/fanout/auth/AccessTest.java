package dev.muster.fanout.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessTest {
    private static final NodeRecord NODE = NodeRecord.newBuilder()
            .setNodeId("n")
            .setOwner("alice")
            .addGroups(GroupGrant.newBuilder().setGroup("readers").setRole(Role.ROLE_VIEW))
            .addGroups(GroupGrant.newBuilder().setGroup("ops").setRole(Role.ROLE_RUN))
            .addGroups(GroupGrant.newBuilder().setGroup("newer").setRoleValue(99))
            .build();

    @ParameterizedTest(name = "{0} of {1}, admin {2}: {3}")
    @CsvSource({
        "alice, none, false, ROLE_ADMIN",
        "bob, none, true, ROLE_ADMIN",
        "bob, none, false, ROLE_UNSPECIFIED",
        "bob, readers, false, ROLE_VIEW",
        "bob, readers ops, false, ROLE_RUN",
        "bob, ops readers, false, ROLE_RUN",
        "bob, newer, false, ROLE_UNSPECIFIED",
        "bob, newer ops, false, ROLE_RUN",
        "bob, alice, false, ROLE_UNSPECIFIED",
    })
    void a_role_comes_from_ownership_or_the_highest_grant(String name, String groups, boolean admin, Role role) {
        User user = new User(name, List.of(groups.split(" ", -1)), admin, Instant.MAX);

        assertThat(Access.roleOf(user, NODE)).isEqualTo(role);
    }

    @Test
    void nobody_has_a_role_on_a_deleted_node() {
        User admin = new User("root", List.of(), true, Instant.MAX);

        assertThat(Access.roleOf(admin, NODE.toBuilder().setDeleted(true).build()))
                .isEqualTo(Role.ROLE_UNSPECIFIED);
    }
}
