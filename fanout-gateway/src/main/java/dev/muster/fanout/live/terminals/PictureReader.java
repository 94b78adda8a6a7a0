package dev.muster.fanout.live.terminals;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Picture;
import dev.muster.fanout.live.host.Services;
import dev.muster.fanout.live.host.SessionHost;
import dev.muster.fanout.live.host.StreamLimits;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.WatchMode;
import org.jspecify.annotations.Nullable;

/**
 * Asks the registry for the content of a terminal: scrollback as lines, or a repaint. It requests only the end of a
 * history, however long the history is. Confined to the session's context.
 */
final class PictureReader {
    private static final int LINES_AFTER_SKIP = 200;

    /** What came of a read. */
    interface Taker {
        void picture(Picture picture);

        /** The client lacks more than one request may return: the same read is repeated, and returns the last lines. */
        void tooFar();

        void failed(MusterException failure);
    }

    private final SessionHost host;
    private final ClientOp.Attach asked;
    private final Taker taker;
    private boolean tooFar;

    PictureReader(SessionHost host, ClientOp.Attach asked, Taker taker) {
        this.host = host;
        this.asked = asked;
        this.taker = taker;
    }

    /**
     * What the client already has.
     *
     * @param again whether it was shown the terminal in this attach before
     * @param finalLine if so, it has every line below this one
     * @param from otherwise, up to where it says that it has it; null: it says nothing
     */
    record Known(boolean again, long finalLine, @Nullable TerminalPoint from) {
        private boolean any() {
            return again || from != null;
        }

        private long line() {
            return again ? finalLine : from == null ? 0 : from.line();
        }
    }

    void read(String terminal, Known known) {
        Services services = host.services();
        if (asked.mode() == WatchMode.WATCH_MODE_RAW) {
            host.later(
                    services.registry().getRepaint(asked.nodeId(), terminal),
                    answer -> taker.picture(Picture.of(answer)),
                    taker::failed);
        } else {
            host.later(
                    services.registry().readHistory(request(terminal, known)),
                    answer -> onHistory(known, answer),
                    taker::failed);
        }
    }

    private ReadHistoryRequest request(String terminal, Known known) {
        StreamLimits limits = host.services().limits();
        ReadHistoryRequest.Builder request = ReadHistoryRequest.newBuilder()
                .setNodeId(asked.nodeId())
                .setTerminalId(terminal)
                .setBytesMax(limits.historyBytesMax());
        @Nullable TerminalPoint from = known.from();
        if (known.again()) {
            return request.setLines(LINES_AFTER_SKIP).build();
        }
        return from == null || tooFar
                ? request.setLines(Math.max(1, asked.lines())).build()
                : request.setLines(limits.linesMax()).setAfter(from.line()).build();
    }

    private void onHistory(Known known, ReadHistoryResponse answer) {
        if (answer.getTerminalsCount() == 0) {
            taker.failed(new MusterException(ErrorCode.NOT_FOUND, "The terminal has no history."));
            return;
        }
        TerminalHistory history = answer.getTerminals(0);
        if (!known.again() && known.from() != null && !tooFar && !reachesEnd(history)) {
            tooFar = true;
            taker.tooFar();
            return;
        }
        taker.picture(Picture.of(history, known.any() || asked.lines() > 0, known.line()));
    }

    private static boolean reachesEnd(TerminalHistory history) {
        int count = history.getLinesCount();
        long end =
                count == 0 ? history.getNextLine() : history.getLines(count - 1).getNumber() + 1;
        return !history.hasCutTo() && end >= history.getNextLine();
    }
}
