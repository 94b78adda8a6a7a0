package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.query.v1.MoreReason;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.registry.terminal.read.ReadBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Searches that cost more than one read may, by a clock that the reader itself moves on: a tick at each look. */
class SearchBudgetTest {
    private static final int LINES = 30_000;
    /** Costs a thousand steps and more for each character. */
    private static final String COSTLY = "(?:.*a){400}zz";

    private final TerminalHarness app = new TerminalHarness();
    private final AtomicLong clock = new AtomicLong();

    @BeforeEach
    void write() {
        app.output(start());
        StringBuilder log = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            log.append("line ").append(i).append(i % 1_000 == 0 ? " found\n" : " of the log\n");
        }
        app.output(data(0, 1, log.toString()));
    }

    @AfterEach
    void close() {
        app.close();
    }

    private ReadBudget ticks(long ticks) {
        return new ReadBudget(clock::incrementAndGet, clock.get() + ticks, Long.MAX_VALUE, () -> false);
    }

    private static ReadHistoryRequest.Builder search(String grep) {
        return ReadHistoryRequest.newBuilder()
                .setNodeId(NODE)
                .setTerminalId(TERMINAL)
                .setLines(10_000)
                .setGrep(grep);
    }

    private TerminalHistory read(ReadHistoryRequest.Builder request, ReadBudget budget) {
        return app.queries().queries().readHistory(request.build(), budget).getTerminals(0);
    }

    @Test
    void a_search_that_runs_out_of_time_goes_on_where_it_ended_until_it_has_everything() {
        List<Long> found = new ArrayList<>();
        int reads = 0;
        for (long before = LINES; before > 0; reads++) {
            TerminalHistory part = read(search("found").setBefore(before), ticks(20));
            List<Long> numbers =
                    part.getLinesList().stream().map(Line::getNumber).toList();
            found.addAll(0, numbers);
            before = part.hasMoreFrom() ? part.getMoreTo() : 0;
            if (part.hasMoreFrom()) {
                assertThat(part.getMoreReason()).isEqualTo(MoreReason.MORE_REASON_BUDGET);
            }
        }
        assertThat(reads).isBetween(2, LINES);
        assertThat(found).hasSize(LINES / 1_000).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void forward_too() {
        long after = 0;
        int found = 0;
        for (boolean more = true; more; ) {
            TerminalHistory part = read(search("found").setAfter(after), ticks(20));
            found += part.getLinesCount();
            more = part.hasMoreFrom();
            after = part.getMoreFrom();
        }
        assertThat(found).isEqualTo(LINES / 1_000);
    }

    @Test
    void text_that_is_looked_through_is_bounded_as_well() {
        ReadBudget budget = new ReadBudget(() -> 0, 1, 100_000, () -> false);

        TerminalHistory part = read(search("nothing like it"), budget);

        assertThat(part.getMoreReason()).isEqualTo(MoreReason.MORE_REASON_BUDGET);
        assertThat(part.getMoreTo()).isBetween(1L, LINES - 1L);
    }

    @Test
    void the_budget_holds_within_a_line_as_well() {
        int long64k = 60_000;
        app.output(data(
                app.page(ReadHistoryRequest.newBuilder().setLines(1)).getMark().getOffset(),
                1,
                "a".repeat(long64k) + "\nend\n"));

        TerminalHistory part = read(search(COSTLY).setAfter(LINES - 1L), ticks(200));

        assertThat(part.getLinesList()).isEmpty();
        assertThat(part.getMoreReason()).isEqualTo(MoreReason.MORE_REASON_BUDGET);
        assertThat(part.getMoreFrom()).isEqualTo(LINES);
        assertThat(part.getMoreTo()).isEqualTo(LINES + 2L);
        for (ReadHistoryRequest.Builder next :
                List.of(search(COSTLY).setAfter(LINES), search(COSTLY).setBefore(LINES + 1L))) {
            assertThatThrownBy(() -> read(next, ticks(200)))
                    .as("a repeat gets no further")
                    .isInstanceOfSatisfying(MusterException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.PATTERN_TOO_LARGE);
                        assertThat(e).hasMessageContaining("line " + LINES);
                    });
        }
    }

    @Test
    void a_read_that_has_time_for_nothing_is_told_to_come_again() {
        assertThatThrownBy(() -> read(search("found"), ticks(0)))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void a_search_ends_soon_after_its_caller_has_gone() {
        AtomicInteger looks = new AtomicInteger();
        ReadBudget budget = new ReadBudget(() -> 0, 1, Long.MAX_VALUE, () -> looks.incrementAndGet() == 5);

        assertThatThrownBy(() -> read(search(COSTLY), budget))
                .isInstanceOfSatisfying(
                        MusterException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertThat(looks).hasValue(5);
    }
}
