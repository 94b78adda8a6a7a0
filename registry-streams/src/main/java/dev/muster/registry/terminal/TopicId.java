package dev.muster.registry.terminal;

/** Which topic stands behind the name muster.stdout: offsets mean records of the topic with this id alone. */
public interface TopicId {
    /** As the broker said when it was last asked. Never blocks. */
    String known();

    /** Asks the broker and waits some seconds at most; returns the known id if the broker does not answer. */
    String ask();

    /** One that never changes. */
    static TopicId of(String id) {
        return new TopicId() {
            @Override
            public String known() {
                return id;
            }

            @Override
            public String ask() {
                return id;
            }
        };
    }
}
