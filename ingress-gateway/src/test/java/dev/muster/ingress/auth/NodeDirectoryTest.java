package dev.muster.ingress.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.ingress.auth.NodeDirectory.Standing;
import dev.muster.proto.records.v1.NodeRecord;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NodeDirectoryTest {
    private final List<String> changes = new ArrayList<>();
    private final NodeDirectory directory = new NodeDirectory(changes::add);

    @Test
    void the_table_decides_which_credentials_count() {
        directory.apply("enabled", node(true).build());
        directory.apply("disabled", node(false).build());
        directory.apply("deleted", node(true).setDeleted(true).build());
        directory.apply("gone", null);
        assertThat(standings("enabled")).containsExactly(Standing.REVOKED, Standing.WELCOME, Standing.BEHIND);
        assertThat(standings("disabled")).containsExactly(Standing.REVOKED, Standing.DISABLED, Standing.BEHIND);
        assertThat(standings("deleted")).containsOnly(Standing.DELETED);
        assertThat(standings("gone")).containsOnly(Standing.DELETED);
        assertThat(standings("stranger")).containsOnly(Standing.ABSENT);
    }

    @Test
    void only_what_matters_to_a_connection_is_a_change() {
        directory.apply("a", node(true).build());
        directory.apply("a", node(true).setName("other").build());
        assertThat(changes).containsExactly("a");
        directory.apply("a", node(false).build());
        assertThat(changes).containsExactly("a", "a");
    }

    private List<Standing> standings(String node) {
        List<Standing> all = new ArrayList<>();
        for (long generation = 4; generation <= 6; generation++) {
            all.add(directory.standing(new Credentials.Claim(node, generation)));
        }
        return all;
    }

    private static NodeRecord.Builder node(boolean enabled) {
        return NodeRecord.newBuilder().setEnabled(enabled).setCredentialGeneration(5);
    }
}
