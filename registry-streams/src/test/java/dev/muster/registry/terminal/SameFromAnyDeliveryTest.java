package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.OutputChunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored is a function of the stream alone. */
class SameFromAnyDeliveryTest {
    private static final int BYTES = 200_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void chunking_repeats_and_order_of_arrival_change_nothing(long seed) {
        RandomStream stream = new RandomStream(seed, BYTES, seed % 2 == 0);
        if (seed % 3 == 0) {
            stream.ended(1);
        }
        if (seed % 4 == 0) {
            stream.hostile();
        }
        Random random = new Random(seed);
        try (TerminalHarness whole = new TerminalHarness();
                TerminalHarness cut = new TerminalHarness()) {
            whole.clockOffset = seed;
            cut.clockOffset = seed;
            whole.outputOf(TerminalHarness.NODE, TerminalHarness.AGENT, stream.steps());
            List<OutputChunk> pieces = RandomStream.cut(stream.steps(), random, 1 + random.nextInt(3_000));
            RandomStream.deliver(cut, RandomStream.disturbed(pieces, random), random, 5);

            assertThat(cut.history()).isEqualTo(whole.history());
            Canonical.assertSame(cut.contents(), whole.contents());
            List<Long> times = whole.times(TerminalHarness.TERMINAL);
            assertThat(times).isSorted().allMatch(millis -> millis > 0);
            assertThat(cut.times(TerminalHarness.TERMINAL)).isEqualTo(times);
            assertThat(cut.publishedLines()).isEqualTo(whole.publishedLines());
            assertThat(cut.letters()).isEmpty();
            assertThat(cut.counters().get("bytes:accepted"))
                    .isEqualTo(whole.counters().get("bytes:accepted"));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void a_task_that_starts_anew_from_its_changelog_goes_on_as_if_nothing_had_happened(long seed) {
        RandomStream stream = new RandomStream(seed, BYTES, seed % 2 == 0).ended(0);
        if (seed % 3 == 0) {
            stream.hostile();
        }
        Random random = new Random(seed);
        List<OutputChunk> pieces = RandomStream.cut(stream.steps(), random, 4_000);
        TerminalHarness app = new TerminalHarness();
        app.clockOffset = seed;
        try (TerminalHarness whole = new TerminalHarness()) {
            whole.clockOffset = seed;
            whole.outputOf(TerminalHarness.NODE, TerminalHarness.AGENT, stream.steps());
            List<TerminalHarness.PublishedLine> published = new ArrayList<>();
            int from = 0;
            while (from < pieces.size()) {
                int to = Math.min(pieces.size(), from + 1 + random.nextInt(25));
                RandomStream.deliver(app, pieces.subList(from, to), random, 3);
                assertThat(app.changelog.keySet()).isEqualTo(app.contents().keySet());
                published.addAll(app.publishedLines());
                TerminalHarness next = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, app.changelog);
                next.clockOffset = seed;
                assertThat(next.times(TerminalHarness.TERMINAL)).isEqualTo(app.times(TerminalHarness.TERMINAL));
                app.close();
                app = next;
                from = to;
            }
            assertThat(app.history()).isEqualTo(whole.history());
            Canonical.assertSame(app.contents(), whole.contents());
            List<Long> times = whole.times(TerminalHarness.TERMINAL);
            assertThat(app.times(TerminalHarness.TERMINAL)).isEqualTo(times);
            List<TerminalHarness.PublishedLine> all = whole.publishedLines();
            assertThat(published).isEqualTo(all);
            assertThat(all.stream().map(TerminalHarness.PublishedLine::atMillis))
                    .as("as in the history")
                    .isEqualTo(times.subList(0, all.size()));
        } finally {
            app.close();
        }
    }
}
