package dev.muster.fanout.resources.output;

import dev.muster.fanout.output.BlockSource;
import dev.muster.fanout.registry.RegistryClient;
import dev.muster.fanout.resources.history.LookAlikes;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** All clean lines of a terminal that are kept, a page at a time; lines that are evicted meanwhile are announced. */
final class TextOutput implements BlockSource {
    private static final int PAGE_LINES = 1_000;

    private final RegistryClient registry;
    private final String nodeId;
    private final String terminalId;
    private final long end;
    private byte[] last;
    private long next;

    private TextOutput(RegistryClient registry, String nodeId, String terminalId, long first, long end, byte[] last) {
        this.registry = registry;
        this.nodeId = nodeId;
        this.terminalId = terminalId;
        this.next = first;
        this.end = end;
        this.last = last;
    }

    /** @param last comes behind all lines */
    static CompletableFuture<BlockSource> open(RegistryClient registry, String nodeId, String terminalId, byte[] last) {
        ReadHistoryRequest request = ReadHistoryRequest.newBuilder()
                .setNodeId(nodeId)
                .setTerminalId(terminalId)
                .setLines(1)
                .build();
        return registry.readHistory(request).thenApply(history -> {
            if (history.getTerminalsCount() == 0) {
                return BlockSource.of(last);
            }
            TerminalHistory terminal = history.getTerminals(0);
            return new TextOutput(registry, nodeId, terminalId, terminal.getFirstKept(), terminal.getNextLine(), last);
        });
    }

    @Override
    public CompletableFuture<Optional<ByteBuffer>> next() {
        if (next >= end) {
            ByteBuffer rest = ByteBuffer.wrap(last);
            last = new byte[0];
            return CompletableFuture.completedFuture(rest.hasRemaining() ? Optional.of(rest) : Optional.empty());
        }
        ReadHistoryRequest request = ReadHistoryRequest.newBuilder()
                .setNodeId(nodeId)
                .setTerminalId(terminalId)
                .setLines(PAGE_LINES)
                .setAfter(next)
                .setBefore(Math.min(end, next + PAGE_LINES))
                .build();
        return registry.readHistory(request).thenApply(history -> {
            StringBuilder text = new StringBuilder();
            TerminalHistory page = history.getTerminals(0);
            // a page with long lines has fewer of them: the rest exists, and comes with the next page
            long upTo = page.hasMoreFrom() ? Math.max(next, page.getMoreFrom()) : Math.min(end, next + PAGE_LINES);
            for (Line line : page.getLinesList()) {
                appendMissing(text, line.getNumber());
                text.append(LookAlikes.OF_OUTPUT.shown(line.getText())).append('\n');
                next = line.getNumber() + 1;
            }
            appendMissing(text, upTo);
            next = upTo;
            return Optional.of(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
        });
    }

    private void appendMissing(StringBuilder text, long upTo) {
        if (upTo > next) {
            text.append("[... ").append(upTo - next).append(" lines are no longer kept ...]\n");
        }
    }

    @Override
    public void close() {}
}
