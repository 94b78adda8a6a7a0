package dev.muster.contract.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.Actor;
import dev.muster.proto.records.v1.GroupGrant;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.Role;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolesTest {
    private static final NodeRecord NODE = NodeRecord.newBuilder()
            .setNodeId("n")
            .setOwner("alice")
            .addGroups(GroupGrant.newBuilder().setGroup("readers").setRole(Role.ROLE_VIEW))
            .addGroups(GroupGrant.newBuilder().setGroup("ops").setRole(Role.ROLE_RUN))
            .addGroups(GroupGrant.newBuilder().setGroup("newer").setRoleValue(99))
            .addGroups(GroupGrant.newBuilder().setGroup("none"))
            .build();

    @ParameterizedTest(name = "{0} of {1}, admin {2}: {3}")
    @CsvSource({
        "alice, -, false, ROLE_ADMIN",
        "bob, -, true, ROLE_ADMIN",
        "bob, -, false, ROLE_UNSPECIFIED",
        "bob, readers, false, ROLE_VIEW",
        "bob, readers ops, false, ROLE_RUN",
        "bob, ops readers, false, ROLE_RUN",
        "bob, newer, false, ROLE_UNSPECIFIED",
        "bob, newer ops, false, ROLE_RUN",
        "bob, none, false, ROLE_UNSPECIFIED",
        "bob, alice, false, ROLE_UNSPECIFIED",
        "'', -, false, ROLE_UNSPECIFIED",
        "'', ops, false, ROLE_RUN",
    })
    void a_role_comes_from_ownership_or_the_highest_grant(String name, String groups, boolean admin, Role role) {
        List<String> member = List.of(groups.split(" ", -1));
        Actor actor = Actor.newBuilder()
                .setUser(name)
                .addAllGroups(member)
                .setAdmin(admin)
                .build();
        NodeRecord deleted = NODE.toBuilder().setDeleted(true).build();

        assertThat(Roles.of(NODE, name, member, admin)).isEqualTo(role);
        assertThat(Roles.of(deleted, name, member, admin)).isEqualTo(Role.ROLE_UNSPECIFIED);
        assertThat(Roles.ofRecord(NODE, actor)).isEqualTo(role);
        assertThat(Roles.ofRecord(deleted, actor)).isEqualTo(role);
    }

    @Test
    void a_node_without_an_owner_belongs_to_no_user() {
        NodeRecord unowned = NODE.toBuilder().clearOwner().build();

        assertThat(Roles.of(unowned, "", List.of(), false)).isEqualTo(Role.ROLE_UNSPECIFIED);
    }

    @Test
    void roles_are_ordered_and_one_of_a_newer_release_is_neither_enough_nor_reached() {
        List<Role> ascending = List.of(
                Role.ROLE_UNSPECIFIED, Role.ROLE_VIEW, Role.ROLE_WATCH, Role.ROLE_TYPE, Role.ROLE_RUN, Role.ROLE_ADMIN);
        for (int has = 0; has < ascending.size(); has++) {
            for (int needs = 0; needs < ascending.size(); needs++) {
                assertThat(Roles.isAtLeast(ascending.get(has), ascending.get(needs)))
                        .isEqualTo(has >= needs);
            }
        }
        assertThat(Roles.isAtLeast(Role.UNRECOGNIZED, Role.ROLE_VIEW)).isFalse();
        assertThat(Roles.isAtLeast(Role.ROLE_ADMIN, Role.UNRECOGNIZED)).isFalse();
    }
}
