package dev.muster.registry.terminal.read;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.kit.limits.FairShares;
import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.ReadHistoryResponse;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.store.v1.NodeTerminals;
import dev.muster.proto.store.v1.TerminalHead;
import dev.muster.registry.terminal.history.TerminalReads;
import dev.muster.registry.terminal.history.TerminalView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers requests for histories, of one terminal or of a node's recent ones. As safe for threads as the reads. */
public final class HistoryReader {
    static final int LINES_MAX = 10_000;
    static final int TERMINALS_USUAL = 10;
    static final int TERMINALS_MAX = 100;
    /** Text in one answer; where there would be more it has fewer lines. */
    static final long ANSWER_BYTES_MAX = 3L << 20;
    /** How often something is read that changed while it was read. */
    private static final int TRIES = 5;

    private final TerminalReads reads;
    private final ReadBudget budget;

    public HistoryReader(TerminalReads reads, ReadBudget budget) {
        this.reads = reads;
        this.budget = budget;
    }

    /**
     * A terminal as it was read.
     *
     * @param costlyLine the line that used up the time alone, if one did
     */
    private record Read(
            TerminalView view, Page page, @Nullable Long costlyLine) {}

    /**
     * A read that uses up its budget answers with what it has, and says where it ended.
     *
     * @throws MusterException NOT_FOUND if the named terminal does not exist; INVALID for a senseless request;
     *     PATTERN_TOO_LARGE for a pattern that costs too much, also for one line alone; UNAVAILABLE if a terminal
     *     changes too fast to be read, or if the budget does not allow one line
     */
    public ReadHistoryResponse read(ReadHistoryRequest request) {
        check(request);
        LineFilter filter = LineFilter.of(request.getGrep());
        try {
            return request.getTerminalId().isEmpty() ? readRecent(request, filter) : readOne(request, filter);
        } catch (ReadBudget.SpentException e) {
            throw new MusterException(ErrorCode.UNAVAILABLE, "there was no time to read anything", e);
        } catch (StackOverflowError e) {
            throw new MusterException(ErrorCode.PATTERN_TOO_LARGE, "'grep' is nested too deeply.", e);
        }
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
        Read read = read(request, request.getTerminalId(), filter, ANSWER_BYTES_MAX);
        if (read == null) {
            throw new MusterException(ErrorCode.NOT_FOUND, "no output of terminal " + request.getTerminalId());
        }
        Page page = read.page();
        boolean nothing = page.reason() == MoreReason.MORE_REASON_BUDGET
                && page.moreTo() - page.moreFrom() == page.to() - page.from();
        if (nothing && read.costlyLine() != null) {
            throw new MusterException(
                    ErrorCode.PATTERN_TOO_LARGE,
                    "'grep' takes longer for line " + read.costlyLine() + " than a read may.");
        }
        if (nothing) {
            throw new ReadBudget.SpentException();
        }
        return ReadHistoryResponse.newBuilder()
                .addTerminals(answer(read.view(), page.within(request.getBytesMax())))
                .build();
    }

    /** Oldest first. Where there is too much, terminals have equal shares of the bytes. */
    private ReadHistoryResponse readRecent(ReadHistoryRequest request, LineFilter filter) {
        List<String> newestFirst = recent(request.getNodeId(), terminals(request));
        List<Read> found = new ArrayList<>();
        List<String> skipped = new ArrayList<>();
        long room = ANSWER_BYTES_MAX;
        for (int i = 0; i < newestFirst.size(); i++) {
            try {
                budget.check();
                Read read = read(request, newestFirst.get(i), filter, room / (newestFirst.size() - i));
                if (read != null) {
                    found.add(read);
                    room -= read.page().bytes();
                }
            } catch (ReadBudget.SpentException e) {
                skipped.add(newestFirst.get(i));
            }
        }
        long[] shares = FairShares.of(
                found.stream().mapToLong(read -> read.page().bytes()).toArray(), request.getBytesMax());
        List<TerminalHistory> answers = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            Page page = found.get(i).page();
            long share = request.getBytesMax() == 0 ? 0 : Math.max(1, shares[i]);
            answers.add(answer(found.get(i).view(), page.within(share)));
        }
        skipped.forEach(id -> answers.add(TerminalHistory.newBuilder()
                .setTerminalId(id)
                .setMoreReason(MoreReason.MORE_REASON_BUDGET)
                .build()));
        Collections.reverse(answers);
        return ReadHistoryResponse.newBuilder().addAllTerminals(answers).build();
    }

    private static int terminals(ReadHistoryRequest request) {
        int wanted = request.getTerminals() == 0 ? TERMINALS_USUAL : request.getTerminals();
        return wanted < 0 ? TERMINALS_MAX : Math.min(wanted, TERMINALS_MAX);
    }

    /**
     * Newest first. A terminal that changes its place meanwhile would appear twice or not at all: then all are read
     * again.
     */
    private List<String> recent(String node, int count) {
        Set<String> ids = new LinkedHashSet<>();
        NodeTerminals ring = reads.node(node);
        for (int tries = 0; tries < TRIES && ring != null; tries++) {
            ids.clear();
            for (long place = ring.getNextPlace() - 1; place >= ring.getFirstPlace() && ids.size() < count; place--) {
                budget.spend(1);
                String id = reads.place(node, place);
                if (id != null) {
                    ids.add(id);
                }
            }
            NodeTerminals after = reads.node(node);
            if (after == null || isSame(ring, after)) {
                break;
            }
            ring = after;
        }
        return List.copyOf(ids);
    }

    private static boolean isSame(NodeTerminals before, NodeTerminals after) {
        return before.getFirstPlace() == after.getFirstPlace() && before.getNextPlace() == after.getNextPlace();
    }

    /** Null if there is no such terminal. */
    private @Nullable Read read(ReadHistoryRequest request, String terminal, LineFilter filter, long bytesMax) {
        Long after = request.hasAfter() ? clamp(request.getAfter()) : null;
        Long before = request.hasBefore() ? clamp(request.getBefore()) : null;
        PageRequest wanted = new PageRequest(
                request.getLines(),
                after,
                before,
                request.getSinceMillis(),
                request.getUntilMillis(),
                filter,
                bytesMax);
        for (int tries = 0; tries < TRIES; tries++) {
            TerminalView view = Views.read(reads, request.getNodeId(), terminal, budget);
            if (view == null) {
                return null;
            }
            PageReader reader = new PageReader(view, wanted, budget);
            Optional<Page> page = reader.read();
            if (page.isPresent()) {
                return new Read(view, page.get(), reader.costlyLine());
            }
        }
        throw Views.changing();
    }

    private static Long clamp(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    private static TerminalHistory answer(TerminalView view, Page page) {
        TerminalHead head = view.head();
        TerminalHistory.Builder answer = TerminalHistory.newBuilder()
                .setTerminalId(view.id())
                .setStartedAtMillis(head.getStartedAtMillis())
                .setEndedAtMillis(head.getEndedAtMillis())
                .setFirstKept(view.firstKept())
                .setFinal(view.finalLines())
                .setNextLine(view.nextLine())
                .setMark(view.position().toMark())
                .setSize(view.playback().window())
                .setPty(head.getPty());
        if (head.hasExit()) {
            answer.setExit(head.getExit());
        }
        page.tell(answer);
        return answer.build();
    }
}
