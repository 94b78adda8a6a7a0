package dev.muster.contract.topics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a reader of a topic needs to know beside its configs. The page {@code infra/docs/topics.md} and the AsyncAPI
 * document are made from these.
 *
 * @param stable whether others than Muster may rely on it: its fields stay and its meaning stays. An internal topic may
 *     change with any release
 * @param what one record is, as a sentence
 * @param key of a record, in words
 * @param order of the records, as a sentence
 * @param writers that write it
 */
public record TopicFacts(boolean stable, String what, String key, String order, List<Writer> writers) {

    /** A part of Muster that writes records. */
    public enum Writer {
        INGRESS("ingress gateway", false),
        FANOUT("fan-out gateway", false),
        CONTROL("registry's control app", true),
        TERMINAL("registry's terminal app", true),
        TICKS("registry, for ticks", false);

        private final String words;
        private final boolean transactional;

        Writer(String words, boolean transactional) {
            this.words = words;
            this.transactional = transactional;
        }

        /** Whether it writes in transactions, so that a reader of committed records sees each record once. */
        public boolean isTransactional() {
            return transactional;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    private static final String NODE = "node id";
    private static final String GATEWAY = "gateway id";
    private static final String OF_NODE =
            "All records of a node are in one partition, in the order in which they were written.";
    private static final String OF_GATEWAY =
            "All records for a gateway are in one partition, in the order in which they were written.";

    /** Of a topic. */
    public static TopicFacts of(Topic topic) {
        return switch (topic) {
            case COMMANDS ->
                internal(
                        "A request that changes something, with its user.",
                        "node id, or the id of a task group",
                        OF_NODE,
                        Writer.FANOUT,
                        Writer.INGRESS,
                        Writer.CONTROL);
            case REPLIES -> internal("The answer to a request.", GATEWAY, OF_GATEWAY, Writer.CONTROL);
            case NODES ->
                stable(
                        "A node: its name, owner, groups, labels and whether it is enabled. No value: it was deleted.",
                        NODE,
                        OF_NODE,
                        Writer.CONTROL);
            case HEARTBEATS ->
                stable(
                        "A heartbeat with vitals; or a tick, which moves the clock of its partition and has no key.",
                        NODE,
                        OF_NODE,
                        Writer.INGRESS,
                        Writer.TICKS);
            case NODE_EVENTS ->
                stable(
                        "An agent connected or disconnected, or a task started or ended, as the gateway heard it. An event"
                                + " may come more than once.",
                        NODE,
                        OF_NODE,
                        Writer.INGRESS);
            case STDOUT ->
                stable(
                        "Raw output: chunks of bytes with their offsets, and markers of the start, resizes and the end. A"
                                + " chunk may come more than once, with the same offset.",
                        NODE,
                        "All records of a node are in one partition. Chunks of a terminal are in the order of their"
                                + " offsets, apart from repeats.",
                        Writer.INGRESS);
            case DISPATCH ->
                internal(
                        "A command for a connected agent: run, cancel, or close the session.",
                        GATEWAY,
                        OF_GATEWAY,
                        Writer.CONTROL);
            case INPUT -> internal("Keystrokes and resizes of a live terminal.", GATEWAY, OF_GATEWAY, Writer.FANOUT);
            case WATCHES -> internal("A lease: which user watches which terminal.", NODE, OF_NODE, Writer.FANOUT);
            case NODE_STATE ->
                stable(
                        "The present state of a node: status, session, host, vitals. No value: the node was deleted.",
                        NODE,
                        OF_NODE,
                        Writer.CONTROL);
            case STATUS_CHANGES ->
                stable(
                        "A change of a node's status, once: from, to, when and why. A node that is created has no status"
                                + " before, one that is deleted none after.",
                        NODE,
                        OF_NODE,
                        Writer.CONTROL);
            case VIEWS ->
                internal(
                        "A change of a node or a task, once for each audience that sees it.",
                        "audience: user:NAME, group:NAME or fleet:PARTITION",
                        "All records of an audience are in one partition. For each node, the view version grows.",
                        Writer.CONTROL);
            case VIEW_TERMINALS ->
                internal(
                        "Output of a terminal that a user watches now.",
                        "user",
                        "All records of a user are in one partition. For each terminal, marks grow.",
                        Writer.TERMINAL);
            case TERMINAL_LINES ->
                stable(
                        "Final clean lines of one terminal that became final together. Node, terminal and number name a"
                                + " line, which comes once.",
                        NODE,
                        "All records of a node are in one partition. For each terminal, numbers grow without a gap.",
                        Writer.TERMINAL);
            case AUDIT ->
                stable(
                        "Who asked for which change, and the result.",
                        "node id, or the id of a task group; empty for a revocation",
                        OF_NODE,
                        Writer.CONTROL,
                        Writer.FANOUT);
            case REVOCATIONS ->
                internal(
                        "A token, a session or all tokens of a user are no longer good.",
                        "token:ID or user:NAME",
                        "All records of a key are in one partition. A record may come more than once.",
                        Writer.FANOUT);
            case DLQ ->
                stable(
                        "A record that the registry could not use, with the reason and where it was.",
                        "topic and partition of the record",
                        "All records of a source partition are in one partition, in its order.",
                        Writer.CONTROL,
                        Writer.TERMINAL);
        };
    }

    private static TopicFacts stable(String what, String key, String order, Writer... writers) {
        return new TopicFacts(true, what, key, order, List.of(writers));
    }

    private static TopicFacts internal(String what, String key, String order, Writer... writers) {
        return new TopicFacts(false, what, key, order, List.of(writers));
    }

    /** How long records of a topic are kept, in words. */
    public static String retention(Topic topic) {
        Map<String, String> configs = topic.configs();
        if ("compact".equals(configs.get("cleanup.policy"))) {
            return "the newest record of each key, for ever";
        }
        List<String> bounds = new ArrayList<>();
        bounds.add(words(Duration.ofMillis(Long.parseLong(configs.getOrDefault("retention.ms", "0")))));
        String bytes = configs.get("retention.bytes");
        if (bytes != null) {
            bounds.add(size(Long.parseLong(bytes)) + " a partition");
        }
        return String.join(", or ", bounds);
    }

    private static String size(long bytes) {
        return bytes >= 1 << 30 ? (bytes >> 30) + " GiB" : (bytes >> 20) + " MiB";
    }

    private static String words(Duration time) {
        if (time.toHours() >= 48) {
            return time.toDays() + " days";
        }
        return time.toHours() >= 1 ? time.toHours() + " h" : time.toMinutes() + " minutes";
    }
}
