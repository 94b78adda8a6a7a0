package dev.muster.registry.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ViewEntryTest {
    private static NodeView view(NodeStatus status) {
        return NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId("n").setName("name"))
                .setState(NodeState.newBuilder().setStatus(status))
                .setViewVersion(7)
                .build();
    }

    @ParameterizedTest
    @EnumSource(
            value = NodeStatus.class,
            names = {"NODE_STATUS_UNSPECIFIED", "UNRECOGNIZED"},
            mode = EnumSource.Mode.EXCLUDE)
    void what_was_put_in_comes_out(NodeStatus status) {
        ViewEntry entry = ViewEntry.from(ViewEntry.of(view(status)).bytes());
        assertThat(entry.view()).isEqualTo(view(status));
        assertThat(entry.status()).isEqualTo(status);
        assertThat(entry.version()).isEqualTo(7);
        assertThat(entry.isRemoved()).isFalse();
    }

    @Test
    void a_newer_version_shows_in_the_view() {
        ViewEntry entry = ViewEntry.of(view(NodeStatus.ONLINE)).at(1L << 40);
        assertThat(entry.view().getViewVersion()).isEqualTo(1L << 40);
        assertThat(entry.status()).isEqualTo(NodeStatus.ONLINE);
    }

    @Test
    void a_removal_keeps_only_its_version() {
        ViewEntry entry = ViewEntry.from(ViewEntry.removed(9).bytes());
        assertThat(entry.isRemoved()).isTrue();
        assertThat(entry.version()).isEqualTo(9);
    }

    @Test
    void an_unknown_format_is_refused() {
        assertThatThrownBy(() -> ViewEntry.from(new byte[] {2, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ViewEntry.from(new byte[] {1, 0})).isInstanceOf(IllegalStateException.class);
    }
}
