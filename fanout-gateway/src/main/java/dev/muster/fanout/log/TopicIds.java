package dev.muster.fanout.log;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** The id of the topic with a name, according to one broker or another. Not thread-safe. */
final class TopicIds {
    private final Map<String, Uuid> known = new HashMap<>();
    private final Set<Uuid> former = new HashSet<>();

    /** The meaning of an answer. */
    enum Seen {
        FIRST,
        /** Nothing new. */
        KNOWN,
        RECREATED
    }

    Seen see(String name, Uuid id) {
        if (former.contains(id)) {
            // ids never return: the broker that reports this one is behind
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
