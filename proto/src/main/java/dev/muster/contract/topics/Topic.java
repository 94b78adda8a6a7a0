package dev.muster.contract.topics;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.muster.proto.records.v1.AuditRecord;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.DeadLetter;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.HeartbeatRecord;
import dev.muster.proto.records.v1.InputRecord;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.ReplyRecord;
import dev.muster.proto.records.v1.RevocationRecord;
import dev.muster.proto.records.v1.StatusChange;
import dev.muster.proto.records.v1.TerminalLineRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.proto.records.v1.WatchRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The topic table: the content of each topic, its partitioning and its retention. */
public enum Topic {
    /** Requests that change something. Key: node. Gateways to registry control. */
    COMMANDS("commands", Spread.NODE, CommandRecord.getDefaultInstance(), appendTime(delete(Duration.ofDays(7)))),
    /** Answers to those requests. Key: gateway. Registry control to gateways. */
    REPLIES("replies", Spread.GATEWAY, ReplyRecord.getDefaultInstance(), delete(Duration.ofHours(1))),
    /** Node records. Key: node. Registry control to ingress and analysts. */
    NODES("nodes", Spread.NODE, NodeRecord.getDefaultInstance(), compact()),
    /** Heartbeats and ticks. Key: node. Ingress and registry to registry control. */
    HEARTBEATS(
            "heartbeats", Spread.NODE, HeartbeatRecord.getDefaultInstance(), appendTime(delete(Duration.ofHours(6)))),
    /** Sessions and task events. Key: node. Ingress to registry control. */
    NODE_EVENTS(
            "node-events", Spread.NODE, NodeEventRecord.getDefaultInstance(), appendTime(delete(Duration.ofDays(7)))),
    /** Raw terminal output. Key: node. Ingress to registry terminal. */
    STDOUT(
            "stdout",
            Spread.NODE,
            OutputRecord.getDefaultInstance(),
            with(
                    appendTime(with(delete(Duration.ofHours(24)), "retention.bytes", Long.toString(4L << 30))),
                    "max.message.bytes",
                    Integer.toString(2 << 20))),
    /** Commands for connected agents. Key: gateway. Registry control to ingress. */
    DISPATCH("dispatch", Spread.GATEWAY, DispatchRecord.getDefaultInstance(), delete(Duration.ofHours(1))),
    /** Keystrokes for live sessions. Key: gateway. Fan-out to ingress. */
    INPUT("input", Spread.GATEWAY, InputRecord.getDefaultInstance(), delete(Duration.ofMinutes(10))),
    /** Watch leases. Key: node. Fan-out to registry terminal. */
    WATCHES("watches", Spread.NODE, WatchRecord.getDefaultInstance(), appendTime(delete(Duration.ofHours(1)))),
    /** Current state of each node. Key: node. Registry control to analysts. */
    NODE_STATE("node-state", Spread.NODE, NodeState.getDefaultInstance(), compact()),
    /** Changes of nodes' statuses. Key: node. Registry control to analysts. */
    STATUS_CHANGES("status-changes", Spread.NODE, StatusChange.getDefaultInstance(), delete(Duration.ofDays(90))),
    /** Changes for one audience. Key: audience. Registry control to fan-out and the view store. */
    VIEWS("views", Spread.VIEW, ViewRecord.getDefaultInstance(), delete(Duration.ofHours(12))),
    /** Terminal output that a user is watching. Key: user. Registry terminal to fan-out. */
    VIEW_TERMINALS(
            "view-terminals",
            Spread.VIEW,
            TerminalViewRecord.getDefaultInstance(),
            with(delete(Duration.ofMinutes(30)), "retention.bytes", Long.toString(256L << 20))),
    /** Final clean lines. Key: node. Registry terminal to analysts. */
    TERMINAL_LINES("terminal-lines", Spread.NODE, TerminalLineRecord.getDefaultInstance(), delete(Duration.ofDays(3))),
    /** Who did what. Key: node. Gateways and registry to analysts. */
    AUDIT("audit", Spread.NODE, AuditRecord.getDefaultInstance(), delete(Duration.ofDays(90))),
    /**
     * Revoked tokens and sessions, kept longer than any token or session lives. Key: token or user. Fan-out to fan-out.
     */
    REVOCATIONS("revocations", Spread.GATEWAY, RevocationRecord.getDefaultInstance(), delete(Duration.ofDays(400))),
    /** Unreadable records. Key: source. Registry to operators. */
    DLQ("dlq", Spread.NODE, DeadLetter.getDefaultInstance(), delete(Duration.ofDays(14)));

    /** Which count of {@link Partitions} a topic uses. */
    public enum Spread {
        NODE,
        VIEW,
        GATEWAY
    }

    private final String baseName;
    private final Spread spread;
    private final Message prototype;

    @SuppressWarnings("ImmutableEnumChecker") // an unmodifiable copy
    private final Map<String, String> configs;

    Topic(String baseName, Spread spread, Message prototype, Map<String, String> configs) {
        this.baseName = baseName;
        this.spread = spread;
        this.prototype = prototype;
        this.configs = Map.copyOf(configs);
    }

    /** Name without the prefix. */
    public String baseName() {
        return baseName;
    }

    public Spread spread() {
        return spread;
    }

    /** Default instance of the value's message. */
    public Message prototype() {
        return prototype;
    }

    /** Parser of the value. */
    public Parser<? extends Message> parser() {
        return prototype.getParserForType();
    }

    /** Topic configs with which it is created. */
    public Map<String, String> configs() {
        return configs;
    }

    private static Map<String, String> delete(Duration retention) {
        return Map.of(
                "cleanup.policy", "delete",
                "retention.ms", Long.toString(retention.toMillis()),
                "segment.ms", Long.toString(Math.max(600_000, retention.toMillis() / 8)),
                "segment.bytes", Integer.toString(64 << 20));
    }

    private static Map<String, String> compact() {
        return Map.of(
                "cleanup.policy", "compact",
                "max.compaction.lag.ms", "3600000",
                "delete.retention.ms", "86400000",
                "segment.bytes", Integer.toString(32 << 20));
    }

    /**
     * For every topic that a Streams app reads. The app takes the record with the earliest time first. With the times
     * of several clocks it would, after an outage, process a session's end before the heartbeats of that session.
     */
    private static Map<String, String> appendTime(Map<String, String> configs) {
        return with(configs, "message.timestamp.type", "LogAppendTime");
    }

    private static Map<String, String> with(Map<String, String> configs, String name, String value) {
        Map<String, String> more = new HashMap<>(configs);
        more.put(name, value);
        return more;
    }
}
