package dev.muster.registry.terminal;

/**
 * Tells apart topics that had the name muster.stdout one after the other: which one a partition's records come from.
 * The broker is asked before the first record, and when offsets go back, which happens only in a recreated topic.
 * Confined to the thread of its task.
 */
final class Incarnation {
    private static final long NONE = -1;

    private final TopicId topic;
    private long last = NONE;

    Incarnation(TopicId topic) {
        this.topic = topic;
    }

    /** Id of the topic that a record with this offset comes from. */
    String of(long offset) {
        boolean sure = last != NONE && offset > last;
        last = offset;
        return sure ? topic.known() : topic.ask();
    }

    /** Id of the topic that the next record comes from, as far as that is known. */
    String now() {
        return topic.known();
    }
}
