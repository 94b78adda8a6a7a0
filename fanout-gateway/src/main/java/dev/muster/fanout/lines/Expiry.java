package dev.muster.fanout.lines;

import java.util.Locale;

/** Why lines after a cursor can be missing from the answer. Part of the published API. */
public enum Expiry {
    RETENTION("Lines after the cursor are past the retention of the topic; the answer goes on with the first kept."),
    TOPIC_RECREATED("The topic was deleted and recreated since; the answer begins with what the new one has."),
    RECORDS_LOST("The cursor lies beyond the end of the topic, because records were lost on the broker."),
    OTHER_VERSION("A gateway of another version made the cursor; the answer begins with what there is.");

    private final String when;

    Expiry(String when) {
        this.when = when;
    }

    /** As in `expiredReason`: `topic-recreated`. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String when() {
        return when;
    }
}
