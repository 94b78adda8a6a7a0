package dev.muster.fanout.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.MusterException;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IfMatchTest {
    /** Record version 2, and 17 with what the node's state added. */
    private static final NodeView VIEW = NodeView.newBuilder()
            .setNode(NodeRecord.newBuilder().setVersion(2))
            .setViewVersion(17)
            .build();

    @Test
    void a_tag_is_that_of_the_record() {
        assertThat(IfMatch.tag(VIEW)).isEqualTo("W/\"r2\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "W/\"r2\"",
                "\"r2\"",
                " \"r2\" ",
                "W/\"r1\", W/\"r2\"",
                "17",
                "\"17\"",
                "\"r1\", \"r2\"",
                "\"16\",\"17\""
            })
    void the_present_tag_or_version_is_what_the_registry_shall_insist_on(String header) {
        assertThat(new IfMatch(header).versionOf(VIEW)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"r1\"", "2", "\"2\"", "16", "w/\"r2\"", "r2", "", "\"\"", "17\"", "\"r99999999999999999999\""})
    void what_is_of_another_time_or_no_tag_at_all_is_refused(String header) {
        assertThatThrownBy(() -> new IfMatch(header).versionOf(VIEW))
                .isInstanceOf(MusterException.class)
                .hasMessageContaining("\"r2\"");
    }

    @Test
    void without_a_condition_any_version_will_do() {
        assertThat(new IfMatch(null).versionOf(VIEW)).isZero();
        assertThat(new IfMatch("*").versionOf(VIEW)).isZero();
    }
}
