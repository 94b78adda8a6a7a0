package dev.muster.registry.terminal.read;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.store.v1.NodeTerminals;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.registry.terminal.history.TerminalReads;
import dev.muster.registry.terminal.history.TerminalView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers requests for histories, of one terminal or of a node's recent ones. As safe for threads as the reads. */
public final class HistoryReader {
    static final int LINES_MAX = 10_000;
    static final int TERMINALS_USUAL = 10;
    static final int TERMINALS_MAX = 100;
    /** Text in one answer; where there would be more it has fewer lines. */
    static final long ANSWER_BYTES_MAX = 3L << 20;

    private final TerminalReads reads;

    public HistoryReader(TerminalReads reads) {
        this.reads = reads;
    }

    /**
     * @throws MusterException NOT_FOUND if the terminal named is not there; INVALID if the request makes no sense;
     *     UNAVAILABLE if a terminal changes too fast to be read
     */
    public ReadHistoryResponse read(ReadHistoryRequest request) {
        check(request);
        LineFilter filter = LineFilter.of(request.getGrep());
        return request.getTerminalId().isEmpty() ? readRecent(request, filter) : readOne(request, filter);
    }

    private static void check(ReadHistoryRequest request) {
        if (request.getLines() < 1 || request.getLines() > LINES_MAX) {
            throw new MusterException(ErrorCode.INVALID, "lines: expected 1 to " + LINES_MAX);
        }
        if (request.getTerminalId().isEmpty() && (request.hasAfter() || request.hasBefore())) {
            throw new MusterException(ErrorCode.INVALID, "before and after need a terminal");
        }
        if (request.getBytesMax() < 0) {
            throw new MusterException(ErrorCode.INVALID, "bytes_max: out of range");
        }
    }

    private ReadHistoryResponse readOne(ReadHistoryRequest request, LineFilter filter) {
        TerminalView view = view(request.getNodeId(), request.getTerminalId());
        if (view == null) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no output of terminal " + request.getTerminalId());
        }
        List<Line> page = page(view, request, filter, ANSWER_BYTES_MAX);
        return ReadHistoryResponse.newBuilder()
                .addTerminals(answer(view, Excerpt.of(page, request.getBytesMax())))
                .build();
    }

    /** Oldest first. The newest terminals get their share of the bytes first. */
    private ReadHistoryResponse readRecent(ReadHistoryRequest request, LineFilter filter) {
        List<String> ids = recent(request.getNodeId(), terminals(request));
        Deque<TerminalHistory> answers = new ArrayDeque<>();
        long room = ANSWER_BYTES_MAX;
        long budget = request.getBytesMax();
        for (int i = 0; i < ids.size(); i++) {
            TerminalView view = view(request.getNodeId(), ids.get(i));
            if (view == null) {
                continue;
            }
            long share = room / (ids.size() - i);
            List<Line> page = page(view, request, filter, share);
            Excerpt excerpt = Excerpt.of(page, budget == 0 ? 0 : Math.max(1, budget / (ids.size() - i)));
            room -= Excerpt.bytes(page);
            budget = budget == 0 ? 0 : Math.max(1, budget - Excerpt.bytes(excerpt.lines()));
            answers.addFirst(answer(view, excerpt).build());
        }
        return ReadHistoryResponse.newBuilder().addAllTerminals(answers).build();
    }

    private static int terminals(ReadHistoryRequest request) {
        int wanted = request.getTerminals() == 0 ? TERMINALS_USUAL : request.getTerminals();
        return wanted < 0 ? TERMINALS_MAX : Math.min(wanted, TERMINALS_MAX);
    }

    /** Newest first. */
    private List<String> recent(String node, int count) {
        NodeTerminals ring = reads.node(node);
        List<String> ids = new ArrayList<>();
        if (ring == null) {
            return ids;
        }
        for (long place = ring.getNextPlace() - 1; place >= ring.getFirstPlace() && ids.size() < count; place--) {
            String id = reads.place(node, place);
            if (id != null && !ids.contains(id)) {
                ids.add(id);
            }
        }
        return ids;
    }

    private static List<Line> page(TerminalView view, ReadHistoryRequest request, LineFilter filter, long bytesMax) {
        Long after = request.hasAfter() ? clamp(request.getAfter()) : null;
        Long before = request.hasBefore() ? clamp(request.getBefore()) : null;
        return new PageReader(view, new PageRequest(request.getLines(), after, before, filter, bytesMax)).read();
    }

    private static Long clamp(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    private @Nullable TerminalView view(String node, String terminal) {
        return Views.read(reads, node, terminal);
    }

    private static TerminalHistory.Builder answer(TerminalView view, Excerpt excerpt) {
        TerminalHead head = view.head();
        TerminalHistory.Builder answer = TerminalHistory.newBuilder()
                .setTerminalId(view.id())
                .setStartedAtMillis(head.getStartedAtMillis())
                .setEndedAtMillis(head.getEndedAtMillis())
                .setFirstKept(view.firstKept())
                .setFinal(view.finalLines())
                .setNextLine(view.nextLine())
                .addAllLines(excerpt.lines())
                .setMark(view.position().toMark())
                .setSize(view.playback().window())
                .setPty(head.getPty());
        if (head.hasExit()) {
            answer.setExit(head.getExit());
        }
        if (excerpt.cutFrom() < excerpt.cutTo()) {
            answer.setCutFrom(excerpt.cutFrom()).setCutTo(excerpt.cutTo());
        }
        return answer;
    }
}
