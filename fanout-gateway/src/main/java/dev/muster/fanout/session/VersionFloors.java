package dev.muster.fanout.session;

import dev.muster.proto.records.v1.ViewRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a node's changes in order across partitions. While its audiences stay as they are, all of them come through one partition, in order; when they change, the next ones may
 * come through another, which may be ahead. So the version at each change of audiences is remembered, for the most recent nodes. Confined to the session's context.
 */
final class VersionFloors {
    static final int NODES_MAX = 256;

    private @Nullable Map<String, Long> floors;

    /** Whether a change is newer than what was delivered; if so it counts as delivered. */
    boolean admits(ViewRecord record) {
        @Nullable Map<String, Long> known = floors;
        @Nullable Long floor = known == null ? null : known.get(record.getNodeId());
        if (floor != null && Long.compareUnsigned(record.getViewVersion(), floor) <= 0) {
            return false;
        }
        if (floor != null || !record.getAudiencesBeforeList().equals(record.getAudiencesAfterList())) {
            if (known == null) {
                known = new LinkedHashMap<>();
                floors = known;
            }
            known.remove(record.getNodeId());
            known.put(record.getNodeId(), record.getViewVersion());
            if (known.size() > NODES_MAX) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return true;
    }

    void clear() {
        floors = null;
    }
}
