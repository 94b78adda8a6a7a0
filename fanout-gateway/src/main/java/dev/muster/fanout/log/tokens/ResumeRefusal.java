package dev.muster.fanout.log.tokens;

import java.util.Locale;

/**
 * Why a session could not go on at a token's position, and begins with a snapshot instead. Part of the published
 * protocol.
 */
public enum ResumeRefusal {
    NONE("No token was sent."),
    INVALID("The token is not one of ours, or was changed."),
    OTHER_VERSION("The token was made by a gateway of another version."),
    OTHER_USER("The token was made for another user."),
    OTHER_CLUSTER("The token was made on another Kafka cluster, or before its data were wiped."),
    TOPIC_RECREATED("The topic of views was deleted and recreated since."),
    AUDIENCES_CHANGED("The user's groups or role have changed since."),
    EXPIRED("Records from there on are no longer at hand."),
    AHEAD("The position lies beyond the end of the log: records were lost on the broker.");

    private final String when;

    ResumeRefusal(String when) {
        this.when = when;
    }

    /** As in `opened.reason`: `topic-recreated`. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String when() {
        return when;
    }
}
