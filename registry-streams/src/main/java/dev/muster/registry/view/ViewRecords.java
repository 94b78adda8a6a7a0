package dev.muster.registry.view;

import dev.muster.contract.ids.Audiences;
import dev.muster.contract.topics.Partitions;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeView;
import dev.muster.proto.records.v1.Removed;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.proto.store.v1.StoredState;
import dev.muster.registry.node.NodeDraft;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** What the audiences of a node are shown of a change: each change once per audience, each with its own version. */
public final class ViewRecords {
    private final Partitions partitions;

    public ViewRecords(Partitions partitions) {
        this.partitions = partitions;
    }

    /**
     * @param records one per change and audience, in order
     * @param audiences all audiences of the draft, before and after
     * @param version of the last change, to be stored with the node
     */
    public record Views(List<ViewRecord> records, SortedSet<String> audiences, long version) {
        public static final Views NONE = new Views(List.of(), Collections.emptySortedSet(), 0);
    }

    public Views of(NodeDraft draft) {
        SortedSet<String> before = audiences(draft.nodeBefore().getRecord());
        SortedSet<String> after = audiences(draft.record());
        SortedSet<String> all = new TreeSet<>(before);
        all.addAll(after);
        long version = draft.stored().getViewVersion();
        List<ViewRecord> records = new ArrayList<>();
        for (Task task : draft.changedTasks()) {
            version++;
            for (String audience : after) {
                records.add(record(draft, audience, version, before, after)
                        .setTask(shown(task))
                        .build());
            }
        }
        if (isShownChanged(draft)) {
            version++;
            NodeView view = view(draft.record(), draft.stored(), version);
            for (String audience : all) {
                ViewRecord.Builder record = record(draft, audience, version, before, after);
                records.add(
                        after.contains(audience)
                                ? record.setNode(view).build()
                                : record.setRemoved(Removed.getDefaultInstance())
                                        .build());
            }
        }
        return new Views(records, all, version);
    }

    public static NodeView view(NodeRecord record, StoredState stored, long version) {
        return NodeView.newBuilder()
                .setNode(record)
                .setState(stored.getState())
                .setViewVersion(version)
                .build();
    }

    /** Without what only the registry and the agent need; the environment may hold secrets. */
    public static Task shown(Task task) {
        return task.toBuilder().clearEnv().clearRequestSha256().build();
    }

    private SortedSet<String> audiences(NodeRecord record) {
        return Audiences.ofNode(record, partitions);
    }

    private static boolean isShownChanged(NodeDraft draft) {
        return !draft.record().equals(draft.nodeBefore().getRecord())
                || !draft.state().equals(draft.stateBefore().getState());
    }

    private static ViewRecord.Builder record(
            NodeDraft draft, String audience, long version, SortedSet<String> before, SortedSet<String> after) {
        return ViewRecord.newBuilder()
                .setAudience(audience)
                .setNodeId(draft.nodeId())
                .setViewVersion(version)
                .addAllAudiencesBefore(before)
                .addAllAudiencesAfter(after);
    }
}
