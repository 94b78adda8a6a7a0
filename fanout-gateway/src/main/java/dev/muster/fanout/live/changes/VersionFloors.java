package dev.muster.fanout.live.changes;

import dev.muster.fanout.log.tokens.ResumeTokens;
import dev.muster.proto.records.v1.ViewRecord;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a node's changes in order across partitions. While a node's audiences stay the same, all its changes come
 * through one partition, in order. When the audiences change, the next changes may come through another partition,
 * which may be ahead. So the version at each change of audiences is remembered, for the most recent nodes. Resume
 * tokens contain the last few, since the records that they keep out may still come to the session that goes on.
 * Confined to the session's context.
 */
final class VersionFloors {
    static final int NODES_MAX = 256;

    /** As many go along in a token. */
    static final int TOKEN_NODES_MAX = 16;

    private static final Duration TOKEN_AGE_MAX = Duration.ofSeconds(30);

    private record Floor(long version, long atNanos) {}

    private @Nullable Map<String, Floor> floors;
    private Map<Long, Long> resumed = Map.of();
    private long resumedNanos;

    /** Whether a change is newer than what was delivered; if so it counts as delivered. */
    boolean admits(ViewRecord record, long nowNanos) {
        @Nullable Map<String, Floor> known = floors;
        @Nullable Floor floor = known == null ? null : known.get(record.getNodeId());
        long least = floor != null ? floor.version() : ofResumed(record.getNodeId());
        if (least >= 0 && Long.compareUnsigned(record.getViewVersion(), least) <= 0) {
            return false;
        }
        if (least >= 0 || !record.getAudiencesBeforeList().equals(record.getAudiencesAfterList())) {
            if (known == null) {
                known = new LinkedHashMap<>();
                floors = known;
            }
            known.remove(record.getNodeId());
            known.put(record.getNodeId(), new Floor(record.getViewVersion(), nowNanos));
            if (known.size() > NODES_MAX) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return true;
    }

    private long ofResumed(String nodeId) {
        return resumed.isEmpty() ? -1 : resumed.getOrDefault(ResumeTokens.hashOfNode(nodeId), -1L);
    }

    /** The versions in a token; they hold until a snapshot is taken. */
    void resume(Map<Long, Long> ofToken, long nowNanos) {
        resumed = ofToken;
        resumedNanos = nowNanos;
    }

    /** The newest ones, for a token. */
    Map<Long, Long> recent(long nowNanos) {
        @Nullable Map<String, Floor> known = floors;
        if (known == null && resumed.isEmpty()) {
            return Map.of();
        }
        Map<Long, Long> recent = new LinkedHashMap<>();
        if (resumed.size() <= TOKEN_NODES_MAX && nowNanos - resumedNanos <= TOKEN_AGE_MAX.toNanos()) {
            recent.putAll(resumed);
        }
        int skip = known == null ? 0 : Math.max(0, known.size() - TOKEN_NODES_MAX);
        if (known != null) {
            for (Map.Entry<String, Floor> entry : known.entrySet()) {
                if (skip-- <= 0 && nowNanos - entry.getValue().atNanos() <= TOKEN_AGE_MAX.toNanos()) {
                    recent.put(
                            ResumeTokens.hashOfNode(entry.getKey()),
                            entry.getValue().version());
                }
            }
        }
        return recent;
    }

    void clear() {
        resumed = Map.of();
        floors = null;
    }
}
