package dev.muster.fanout.live.changes;

import dev.muster.proto.records.v1.ViewRecord;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of the records of one change reaches a session. A change is written once per audience. A session in
 * several audiences takes only the record of the least of its own audiences after the change. If it lost all access, it
 * takes that of the least audience before the change, as a removal. So each change arrives once, by a rule that needs
 * no memory.
 */
final class AudienceRule {
    /** What to do with a record. */
    enum Delivery {
        SHOW,
        REMOVE,
        NOTHING
    }

    private AudienceRule() {}

    static Delivery of(ViewRecord record, Set<String> mine) {
        @Nullable String after = least(record.getAudiencesAfterList(), mine);
        if (after != null) {
            return after.equals(record.getAudience()) ? Delivery.SHOW : Delivery.NOTHING;
        }
        @Nullable String before = least(record.getAudiencesBeforeList(), mine);
        return record.getAudience().equals(before) ? Delivery.REMOVE : Delivery.NOTHING;
    }

    // not trusted to be sorted: a reader of records must not depend on how they were written
    private static @Nullable String least(List<String> audiences, Set<String> mine) {
        @Nullable String least = null;
        for (int i = 0; i < audiences.size(); i++) {
            String audience = audiences.get(i);
            if (mine.contains(audience) && (least == null || audience.compareTo(least) < 0)) {
                least = audience;
            }
        }
        return least;
    }
}
