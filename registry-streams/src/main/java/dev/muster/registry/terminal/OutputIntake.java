package dev.muster.registry.terminal;

import dev.muster.contract.ids.Ids;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.LeaseActive;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import dev.muster.proto.records.v1.WatchRecord;
import dev.muster.proto.store.v1.TerminalBeyond;
import dev.muster.proto.store.v1.TerminalHole;
import dev.muster.registry.terminal.history.LiveTerminal;
import dev.muster.registry.terminal.history.LiveTerminals;
import dev.muster.registry.terminal.history.RecordPosition;
import dev.muster.registry.terminal.output.Beyond;
import dev.muster.registry.terminal.output.OutputAcceptor;
import dev.muster.registry.terminal.output.Position;
import dev.muster.registry.terminal.output.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Takes records of output and of watches: decides on each step, moves the terminals on, makes the frames. */
final class OutputIntake {
    private final TerminalSettings settings;
    private final LiveTerminals terminals;
    private final NodeWatches watches;
    private final Outbox outbox;
    private final TerminalMetrics metrics;
    private final OutputAcceptor acceptor;

    OutputIntake(
            TerminalSettings settings,
            LiveTerminals terminals,
            NodeWatches watches,
            Outbox outbox,
            TerminalMetrics metrics) {
        this.settings = settings;
        this.terminals = terminals;
        this.watches = watches;
        this.outbox = outbox;
        this.metrics = metrics;
        acceptor = new OutputAcceptor(settings.chunkBytesMax());
    }

    /** Returns why some of the record was refused; empty if none was. */
    String take(String node, OutputRecord record, RecordPosition at) {
        if (terminals.node(node).isDeleted()) {
            record.getChunksList().forEach(chunk -> count(chunk).deletedNode(weight(chunk)));
            return "";
        }
        String problem = "";
        Map<String, TerminalAdvance> taken = new LinkedHashMap<>();
        for (OutputChunk chunk : record.getChunksList()) {
            String id = chunk.getTerminalId();
            if (!LiveTerminals.isId(id)) {
                count(chunk).refused(weight(chunk));
                problem = "bad-terminal-id";
                continue;
            }
            String refused = take(node, record, chunk, at, taken);
            problem = refused.isEmpty() ? problem : refused;
        }
        taken.values().forEach(TerminalAdvance::end);
        return problem;
    }

    private String take(
            String node,
            OutputRecord record,
            OutputChunk chunk,
            RecordPosition at,
            Map<String, TerminalAdvance> taken) {
        String instance = record.getInstanceId();
        LiveTerminal terminal = terminals.terminal(node, chunk.getTerminalId());
        if (terminal.exists() && !terminal.owner().equals(instance)) {
            count(chunk).otherInstance(weight(chunk));
            return "";
        }
        Verdict verdict = acceptor.decide(terminal.position(), terminal.isEnded(), chunk);
        switch (verdict.kind()) {
            case REPEAT -> count(chunk).repeated(weight(chunk));
            case ABSURD -> {
                count(chunk).refused(weight(chunk));
                return verdict.reason();
            }
            case TAKE, BEYOND -> {
                TerminalAdvance steps = taken.computeIfAbsent(
                        chunk.getTerminalId(), id -> begin(node, terminal, at, clockOffset(record)));
                steps.open(instance);
                if (verdict.kind() == Verdict.Kind.BEYOND) {
                    beyond(steps, chunk, at);
                } else {
                    steps.take(chunk, verdict.skip());
                }
            }
        }
        return "";
    }

    private static OptionalLong clockOffset(OutputRecord record) {
        return record.hasClockOffsetMillis() ? OptionalLong.of(record.getClockOffsetMillis()) : OptionalLong.empty();
    }

    private TerminalAdvance begin(String node, LiveTerminal terminal, RecordPosition at, OptionalLong clockOffset) {
        return new TerminalAdvance(node, terminal, at, clockOffset, watches, outbox, metrics, settings.publishLines());
    }

    /** What is missing may still be sent again; but not for ever. */
    private void beyond(TerminalAdvance steps, OutputChunk chunk, RecordPosition at) {
        LiveTerminal terminal = steps.terminal();
        long since = terminal.beyondSince() == 0 ? Math.max(1, at.atMillis()) : terminal.beyondSince();
        if (at.atMillis() - since < settings.beyondMillisMax()) {
            Optional<TerminalBeyond> before = terminal.beyond();
            if (before.isEmpty()) {
                terminals.holes().add(steps.node(), terminal.id(), since);
            }
            terminal.waitBeyond(
                    since, Beyond.with(before.orElse(TerminalBeyond.getDefaultInstance()), chunk, at.offset()));
            count(chunk).beyond(weight(chunk));
            return;
        }
        steps.gap(
                chunk.getOffset() - terminal.position().offset(),
                chunk.getMarkerNumber() - (chunk.hasMarker() ? 1 : 0));
        steps.take(chunk, 0);
    }

    /** No more output arrived that could fill this hole, or show that it is one. */
    void giveUp(TerminalHole hole) {
        String node = hole.getNodeId();
        LiveTerminal terminal = terminals.terminal(node, hole.getTerminalId());
        Optional<TerminalBeyond> beyond = terminal.beyond();
        if (beyond.isEmpty() || terminal.beyondSince() != hole.getSinceMillis()) {
            return;
        }
        long atMillis = hole.getSinceMillis() + settings.silentMillisMax();
        TerminalAdvance steps = begin(node, terminal, terminal.last(beyond.get(), atMillis), OptionalLong.empty());
        steps.open(terminal.owner());
        steps.giveUp(beyond.get());
        steps.end();
    }

    /** The terminal waits for nothing any longer; what next comes from behind a hole begins a wait of its own. */
    void waitNoMore(TerminalHole hole) {
        LiveTerminal terminal = terminals.terminal(hole.getNodeId(), hole.getTerminalId());
        if (terminal.exists() && terminal.beyondSince() == hole.getSinceMillis()) {
            terminal.waitNoMore();
            terminal.flush();
        }
    }

    /** Returns why the watch was refused; empty if it was not. */
    String watch(String node, WatchRecord watch, long atMillis) {
        String id = watch.getTerminalId();
        boolean known = watch.getMode() == WatchMode.WATCH_MODE_TEXT || watch.getMode() == WatchMode.WATCH_MODE_RAW;
        if (!LiveTerminals.isId(id) || !Ids.isUser(watch.getUser()) || !known) {
            return "bad-watch";
        }
        if (terminals.node(node).isDeleted()) {
            return "";
        }
        boolean lives = watches.leases(node).take(watch, atMillis);
        watches.save(node);
        if (watch.getLeaseMillis() != 0) {
            metrics.lease(lives);
        }
        if (lives) {
            Position position = terminals.terminal(node, id).position();
            outbox.view(
                    TerminalViewRecord.newBuilder()
                            .setUser(watch.getUser())
                            .setNodeId(node)
                            .setTerminalId(id)
                            .setMode(watch.getMode())
                            .setFrom(position.toMark())
                            .setTo(position.toMark())
                            .setLeaseActive(LeaseActive.newBuilder().setWatchId(watch.getWatchId()))
                            .build(),
                    atMillis);
        }
        return "";
    }

    private TerminalMetrics.Outcomes count(OutputChunk chunk) {
        return chunk.hasMarker() ? metrics.markers() : metrics.bytes();
    }

    private static long weight(OutputChunk chunk) {
        return chunk.hasMarker() ? 1 : chunk.getData().size();
    }
}
