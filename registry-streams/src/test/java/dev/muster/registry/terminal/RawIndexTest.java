package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.query.v1.GetOutputIndexRequest;
import dev.muster.proto.query.v1.GetOutputIndexResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RawIndexTest {
    @Test
    void a_byte_is_found_from_a_record_at_or_a_little_before_it() {
        Random random = new Random(3);
        List<Long> starts = new ArrayList<>();
        try (TerminalHarness app = new TerminalHarness()) {
            app.output(start());
            starts.add(0L);
            long offset = 0;
            while (offset < 3 << 20) {
                byte[] bytes = ChangelogBytesTest.buildLog(1 + random.nextInt(40_000));
                app.output(data(offset, 1, bytes));
                starts.add(offset);
                offset += bytes.length;
            }
            app.output(data(0, 1, "a repeat, which the index does not know"));
            app.output(exit(offset, 2, 0));

            for (int i = 0; i < 500; i++) {
                long from = (long) (random.nextDouble() * offset);
                GetOutputIndexResponse index = index(app, from);
                long found = starts.get((int) index.getStartOffset());
                assertThat(found).isLessThanOrEqualTo(from);
                assertThat(from - found).isLessThan(300_000);
            }
            GetOutputIndexResponse index = index(app, 0);
            assertThat(index.getFirstOffset()).isZero();
            assertThat(index.getLastOffset()).isEqualTo(starts.size() + 1);
            assertThat(index.getTopicId()).isEqualTo(TerminalHarness.TOPIC_ID);
            assertThat(index.hasExit()).isTrue();
            assertThat(index.getMark().getOffset()).isEqualTo(offset);
        }
    }

    @Test
    void a_topic_that_was_made_anew_begins_a_new_index() {
        TerminalHarness before = new TerminalHarness();
        before.output(start(), data(0, 1, ChangelogBytesTest.buildLog(500_000)));
        before.output(data(500_000, 1, ChangelogBytesTest.buildLog(500_000)));
        assertThat(index(before, 700_000).getStartOffset()).isEqualTo(1);
        try (TerminalHarness app = new TerminalHarness(Map.of(), "topic-id-2", before.changelog)) {
            app.output(data(1_000_000, 1, "more\n"));

            GetOutputIndexResponse index = index(app, 700_000);
            assertThat(index.getTopicId()).isEqualTo("topic-id-2");
            assertThat(index.getStartOffset()).isZero();
            assertThat(index.getFirstOffset()).isZero();
            assertThat(index.getLastOffset()).isZero();
        } finally {
            before.close();
        }
    }

    @Test
    void offsets_that_go_back_begin_a_new_index_though_the_new_topic_was_known_before() {
        TerminalHarness before = new TerminalHarness();
        before.output();
        before.output(start(), data(0, 1, ChangelogBytesTest.buildLog(500_000)));
        assertThat(index(before, 0).getFirstOffset()).isEqualTo(1);
        try (TerminalHarness app = new TerminalHarness(Map.of(), TerminalHarness.TOPIC_ID, before.changelog)) {
            app.output(data(500_000, 1, "more\n"));

            assertThat(index(app, 0).getFirstOffset()).isZero();
            assertThat(index(app, 0).getLastOffset()).isZero();
        } finally {
            before.close();
        }
    }

    @Test
    void bytes_from_behind_a_hole_that_was_given_up_are_found() {
        try (TerminalHarness app = new TerminalHarness()) {
            beginWithHole(app);
            app.output(data(400_000, 1, new byte[100_000]));
            app.output(exit(500_000, 2, 0));
            app.quiet(22_000);

            assertThat(index(app, 300_000).hasExit()).isTrue();
            assertThat(index(app, 300_000).getStartOffset()).isEqualTo(2);
            assertThat(index(app, 300_000).getLastOffset()).isEqualTo(4);
        }
    }

    @Test
    void bytes_from_behind_a_hole_that_later_output_ended_are_found() {
        try (TerminalHarness app = new TerminalHarness()) {
            beginWithHole(app);
            app.pass(11_000);
            app.output(data(400_000, 1, new byte[100_000]));

            assertThat(index(app, 300_000).getMark().getOffset()).isEqualTo(500_000);
            assertThat(index(app, 300_000).getStartOffset()).isEqualTo(2);
            assertThat(index(app, 300_000).getLastOffset()).isEqualTo(3);
        }
    }

    /** The record with offset 2 is the first from behind it. */
    private static void beginWithHole(TerminalHarness app) {
        app.output(start());
        app.output(data(0, 1, ChangelogBytesTest.buildLog(200_000)));
        app.output(data(300_000, 1, new byte[100_000]));
    }

    private static GetOutputIndexResponse index(TerminalHarness app, long from) {
        return app.queries()
                .getOutputIndex(GetOutputIndexRequest.newBuilder()
                        .setNodeId(TerminalHarness.NODE)
                        .setTerminalId(TerminalHarness.TERMINAL)
                        .setFrom(from)
                        .build());
    }
}
