package dev.muster.registry.terminal;

import com.google.protobuf.ByteString;
import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.store.v1.TerminalBeyond;
import dev.muster.registry.terminal.history.LiveTerminal;
import dev.muster.registry.terminal.history.RecordPosition;
import dev.muster.registry.terminal.history.TerminalObserver;
import dev.muster.registry.terminal.output.Position;
import dev.muster.registry.terminal.output.StepTime;
import dev.muster.registry.terminal.watch.TerminalFrames;
import java.util.OptionalLong;

/** What one record brings for one terminal: moves the terminal, its frames and its published lines on together. */
final class TerminalAdvance implements TerminalObserver {
    private final String node;
    private final LiveTerminal terminal;
    private final RecordPosition at;
    private final OptionalLong clockOffset;
    private final TerminalFrames frames;
    private final TerminalMetrics metrics;
    private final PublishedLines lines;
    private boolean open;

    /** @param clockOffset what to add to the agent's clock to get the gateway's; empty if it is unknown */
    TerminalAdvance(
            String node,
            LiveTerminal terminal,
            RecordPosition at,
            OptionalLong clockOffset,
            NodeWatches watches,
            Outbox outbox,
            TerminalMetrics metrics,
            boolean publishLines) {
        this.node = node;
        this.terminal = terminal;
        this.at = at;
        this.clockOffset = clockOffset;
        this.metrics = metrics;
        lines = new PublishedLines(
                node,
                terminal.id(),
                publishLines ? record -> outbox.lines(record, at.atMillis()) : PublishedLines.TO_NOBODY);
        frames = watches.frames(node, terminal.id());
        frames.begin(
                watches.leases(node).of(terminal.id(), at.atMillis()),
                terminal.position(),
                at.atMillis(),
                record -> outbox.view(
                        record.toBuilder()
                                .setNodeId(node)
                                .setTerminalId(terminal.id())
                                .build(),
                        at.atMillis()));
    }

    String node() {
        return node;
    }

    LiveTerminal terminal() {
        return terminal;
    }

    /** The terminal belongs to this instance from now on, if it belonged to none. */
    void open(String instance) {
        if (!open || !terminal.exists()) {
            terminal.begin(at, instance, this);
            open = true;
        }
    }

    void take(OutputChunk chunk, int skip) {
        terminal.waitNoMore();
        if (!chunk.hasMarker()) {
            ByteString data = chunk.getData();
            metrics.bytes().accepted(data.size() - skip);
            metrics.bytes().repeated(skip);
            terminal.data(data, skip, data.size(), time(chunk.getReadAtMillis()));
            return;
        }
        metrics.markers().accepted(1);
        take(chunk.getMarker(), chunk.getMarkerNumber());
    }

    /** When a step came that the agent read at this time by its own clock; 0: unknown. */
    private StepTime time(long saidMillis) {
        StepTime time = StepTime.of(saidMillis, clockOffset, at.atMillis(), terminal.lastMillis());
        metrics.time(time.source());
        return time;
    }

    private void take(Marker said, long number) {
        StepTime time = time(said.getAtMillis());
        Marker marker = AgentReport.marker(said, at.atMillis());
        frames.marker(marker, terminal.position().offset(), number);
        switch (marker.getKindCase()) {
            case START -> terminal.start(marker.getStart(), marker.getAtMillis(), time);
            case RESIZE -> terminal.resize(marker.getResize());
            case GAP -> terminal.gap(marker.getGap().getBytes(), number, time);
            case EXIT -> terminal.exit(marker.getExit(), marker.getAtMillis(), time);
            case KIND_NOT_SET -> throw new IllegalStateException("a marker without a kind was accepted");
        }
    }

    /**
     * Continues behind the steps that came from behind the hole and were not kept, with the end if it was among them.
     */
    void giveUp(TerminalBeyond beyond) {
        Mark end = beyond.getEnd();
        terminal.waitNoMore();
        gap(end.getOffset() - terminal.position().offset(), end.getMarkerNumber() - (beyond.hasExit() ? 1 : 0));
        if (beyond.hasExit()) {
            take(beyond.getExit(), end.getMarkerNumber());
        }
    }

    /** Continues behind the missing output. */
    void gap(long bytes, long marker) {
        metrics.gap(bytes);
        Position from = terminal.position();
        Gap gap = Gap.newBuilder().setBytes(bytes).setReason("missing").build();
        frames.marker(Marker.newBuilder().setAtMillis(at.atMillis()).setGap(gap).build(), from.offset(), marker);
        terminal.gap(bytes, marker, time(0));
    }

    void end() {
        terminal.flush();
        lines.end();
        frames.end(terminal);
    }

    @Override
    public void line(long number, byte[] utf8, int offset, int length, long atMillis) {
        lines.add(number, utf8, offset, length, atMillis, false);
        frames.line(number, utf8, offset, length, atMillis);
    }

    @Override
    public void part(long number, byte[] utf8, int offset, int length, long atMillis) {
        lines.add(number, utf8, offset, length, atMillis, true);
        frames.line(number, utf8, offset, length, atMillis);
    }

    @Override
    public void data(ByteString bytes, Position from) {
        frames.data(bytes, from);
    }

    @Override
    public void advanced(LiveTerminal moved) {
        frames.advanced(moved);
    }
}
