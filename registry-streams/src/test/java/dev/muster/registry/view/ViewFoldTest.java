package dev.muster.registry.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.muster.contract.topics.Parsed;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Removed;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.streams.Unreadable;
import dev.muster.registry.view.ViewStore.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ViewFoldTest {
    private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();
    private final KeyValueStore<String, byte[]> store =
            ViewStore.builder(Map.of()).withLoggingDisabled().build();
    private final List<String> signals = new ArrayList<>();
    private long offset;

    @BeforeEach
    void open() {
        store.init(context.getStateStoreContext(), store);
        context.addStateStore(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ViewFold fold(int removalsMax) {
        return new ViewFold(
                context,
                (audience, nodeId, version) -> signals.add(audience + " " + nodeId + " " + version),
                removalsMax);
    }

    private void feed(ViewFold fold, String nodeId, long version, Consumer<ViewRecord.Builder> change) {
        ViewRecord.Builder view = ViewRecord.newBuilder()
                .setAudience("user:alice")
                .setNodeId(nodeId)
                .setViewVersion(version);
        change.accept(view);
        ViewRecord record = view.build();
        context.setRecordMetadata("muster.views", 0, offset++);
        fold.accept(new Record<>(record.getAudience(), new Parsed<Message>(record, record.toByteString(), null), 0));
    }

    private static Consumer<ViewRecord.Builder> node(long version, NodeStatus status) {
        return view -> view.setNode(NodeView.newBuilder()
                .setNode(NodeRecord.newBuilder().setNodeId(view.getNodeId()))
                .setState(NodeState.newBuilder().setStatus(status))
                .setViewVersion(version));
    }

    private ViewEntry entry(String nodeId) {
        return ViewEntry.from(store.get(ViewStore.key("user:alice", nodeId)));
    }

    private Position position() {
        return Position.from(store.get(ViewStore.POSITION));
    }

    @Test
    void the_newest_view_is_stored_signalled_and_the_position_is_behind_it() {
        ViewFold fold = fold(10);
        offset = 41;
        feed(fold, "n", 1, node(1, NodeStatus.NEVER_SEEN));
        feed(fold, "n", 2, node(2, NodeStatus.ONLINE));

        assertThat(entry("n").status()).isEqualTo(NodeStatus.ONLINE);
        assertThat(position().offset()).isEqualTo(43);
        assertThat(signals).containsExactly("user:alice n 1", "user:alice n 2");
    }

    @Test
    void a_task_moves_the_version_and_nothing_else() {
        ViewFold fold = fold(10);
        feed(fold, "n", 1, node(1, NodeStatus.ONLINE));
        feed(fold, "n", 2, view -> view.setTask(Task.newBuilder().setTaskId("t")));

        assertThat(entry("n").view().getViewVersion()).isEqualTo(2);
        assertThat(entry("n").status()).isEqualTo(NodeStatus.ONLINE);
        assertThat(signals).last().isEqualTo("user:alice n 2");
    }

    @Test
    void removals_are_remembered_up_to_their_limit_also_over_a_restart() {
        ViewFold fold = fold(2);
        for (String nodeId : List.of("a", "b")) {
            feed(fold, nodeId, 5, view -> view.setRemoved(Removed.getDefaultInstance()));
        }
        ViewFold again = fold(2);
        assertThat(entry("a").isRemoved()).isTrue();
        feed(again, "c", 5, view -> view.setRemoved(Removed.getDefaultInstance()));

        assertThat(store.get(ViewStore.key("user:alice", "a"))).isNull();
        assertThat(entry("b").isRemoved()).isTrue();
        assertThat(entry("c").version()).isEqualTo(5);
    }

    @Test
    void a_node_that_came_back_is_not_forgotten_with_its_removal() {
        ViewFold fold = fold(1);
        feed(fold, "a", 1, view -> view.setRemoved(Removed.getDefaultInstance()));
        feed(fold, "a", 2, node(2, NodeStatus.ONLINE));
        feed(fold, "b", 1, view -> view.setRemoved(Removed.getDefaultInstance()));
        assertThat(entry("a").isRemoved()).isFalse();
    }

    @Test
    void each_start_is_another_incarnation_at_the_same_offset() {
        feed(fold(10), "n", 1, node(1, NodeStatus.ONLINE));
        Position before = position();
        var unused = fold(10);
        assertThat(position().incarnation()).isGreaterThan(before.incarnation());
        assertThat(position().offset()).isEqualTo(before.offset());
    }

    private Map<NodeStatus, Long> counts() {
        return ViewCounts.from(store.get(ViewStore.countsKey("user:alice"))).byStatus();
    }

    @Test
    void nodes_are_counted_by_status_as_they_change() {
        ViewFold fold = fold(10);
        feed(fold, "a", 1, node(1, NodeStatus.ONLINE));
        feed(fold, "b", 1, node(1, NodeStatus.ONLINE));
        feed(fold, "c", 1, node(1, NodeStatus.OFFLINE));
        assertThat(counts()).isEqualTo(Map.of(NodeStatus.ONLINE, 2L, NodeStatus.OFFLINE, 1L));
        feed(fold, "a", 2, node(2, NodeStatus.OFFLINE));
        feed(fold, "b", 2, node(2, NodeStatus.ONLINE));
        feed(fold, "c", 2, view -> view.setRemoved(dev.muster.proto.records.v1.Removed.getDefaultInstance()));
        feed(fold, "c", 3, view -> view.setRemoved(dev.muster.proto.records.v1.Removed.getDefaultInstance()));
        assertThat(counts()).isEqualTo(Map.of(NodeStatus.ONLINE, 1L, NodeStatus.OFFLINE, 1L));
        feed(fold, "c", 4, node(4, NodeStatus.STALE));
        assertThat(counts()).isEqualTo(Map.of(NodeStatus.ONLINE, 1L, NodeStatus.OFFLINE, 1L, NodeStatus.STALE, 1L));

        // an older release kept none
        store.delete(ViewStore.countsKey("user:alice"));
        fold(10);
        assertThat(counts()).isEqualTo(Map.of(NodeStatus.ONLINE, 1L, NodeStatus.OFFLINE, 1L, NodeStatus.STALE, 1L));
        for (String node : List.of("a", "b", "c")) {
            feed(fold, node, 9, view -> view.setRemoved(dev.muster.proto.records.v1.Removed.getDefaultInstance()));
        }
        assertThat(store.get(ViewStore.countsKey("user:alice"))).isNull();
    }

    @Test
    void a_record_that_cannot_be_read_is_passed() {
        ViewFold fold = fold(10);
        context.setRecordMetadata("muster.views", 0, 7);
        // its dead letter is written by the handler of what cannot be processed
        assertThatThrownBy(() -> fold.accept(
                        new Record<>("user:alice", new Parsed<>(null, com.google.protobuf.ByteString.EMPTY, "bad"), 0)))
                .isInstanceOf(Unreadable.class);
        assertThat(position().offset()).isEqualTo(8);
    }
}
