package dev.muster.fanout.feed;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** Which topic stands behind a name, by what one broker or another says. Not thread-safe. */
final class TopicIds {
    private final Map<String, Uuid> known = new HashMap<>();
    private final Set<Uuid> former = new HashSet<>();

    /** What an answer tells. */
    enum Seen {
        FIRST,
        /** Nothing new. */
        KNOWN,
        RECREATED
    }

    Seen see(String name, Uuid id) {
        if (former.contains(id)) {
            // ids never come back: the broker that says so has not heard yet
            return Seen.KNOWN;
        }
        Uuid before = known.put(name, id);
        if (before == null) {
            return Seen.FIRST;
        }
        if (before.equals(id)) {
            return Seen.KNOWN;
        }
        former.add(before);
        return Seen.RECREATED;
    }
}
