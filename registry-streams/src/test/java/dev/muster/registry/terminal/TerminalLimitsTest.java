package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.TERMINAL;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.kit.settings.BadSettingsException;
import dev.muster.kit.settings.Env;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.DeadLetter;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Limits that no other test reaches. */
class TerminalLimitsTest {
    @Test
    void a_chunk_has_a_largest_size() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_CHUNK_BYTES_MAX", "1024"))) {
            app.output(start(), data(0, 1, "x".repeat(1_024)));
            app.output(data(1_024, 1, "y".repeat(1_025)));

            assertThat(app.history()).containsExactly("x".repeat(1_024));
            assertThat(app.letters()).extracting(DeadLetter::getReason).containsExactly("chunk-too-large");
        }
    }

    @Test
    void a_lease_has_a_longest_time() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_WATCH_LEASE_MS_MAX", "1000"))) {
            app.watch("alice", TERMINAL, WatchMode.WATCH_MODE_TEXT, 300_000, "wt_1");
            app.output(start());
            app.pass(1_001);
            app.views();
            app.output(data(0, 1, "late\n"));

            assertThat(app.views()).isEmpty();
        }
    }

    @Test
    void missing_output_that_nothing_follows_is_waited_for_as_long_as_was_set() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_OUTPUT_SILENT_MS", "2000"))) {
            app.output(start());
            app.output(data(5, 1, "early\n"));
            app.quiet(3_000);
            assertThat(app.history()).isEmpty();

            app.quiet(1_000);
            assertThat(app.history()).containsExactly("[... 11 bytes lost ...]");
        }
    }

    @Test
    void missing_output_is_waited_for_as_long_as_was_set() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_OUTPUT_WAIT_MS", "1000"))) {
            app.output(start());
            app.output(data(5, 1, "early\n"));
            app.pass(1_000);
            app.output(data(5, 1, "early\n"));

            assertThat(app.history()).containsExactly("[... 5 bytes lost ...]", "early");
        }
    }

    @Test
    void terminals_that_do_not_fit_into_memory_are_read_from_the_store_again() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_CACHED_TERMINALS", "1"))) {
            app.watch("alice", TERMINAL, WatchMode.WATCH_MODE_TEXT, 300_000, "wt_1");
            for (int i = 0; i < 20; i++) {
                for (String node : List.of(NODE, "nd_2", "nd_3")) {
                    OutputChunk chunk = i == 0 ? start() : data(i - 1L, 1, i % 5 == 0 ? "\n" : "x");
                    app.outputOf(node, AGENT, List.of(chunk));
                }
            }
            app.output(exit(19, 2, 0));

            assertThat(app.history()).containsExactly("xxxx", "xxxx", "xxxx", "xxxx");
            List<TerminalViewRecord> views = app.views();
            assertThat(views).hasSize(22);
            for (int i = 1; i < views.size(); i++) {
                assertThat(views.get(i).getFrom()).isEqualTo(views.get(i - 1).getTo());
            }
        }
    }

    @Test
    void lines_are_not_published_where_that_is_switched_off() {
        try (TerminalHarness app = new TerminalHarness(Map.of("MUSTER_REGISTRY_PUBLISH_LINES", "false"))) {
            app.output(start(), data(0, 1, "one\n"), exit(4, 2, 0));

            assertThat(app.publishedLines()).isEmpty();
            assertThat(app.history()).containsExactly("one");
        }
    }

    @Test
    void settings_that_make_no_sense_are_named_together() {
        Env env = new Env(Map.of(
                "MUSTER_REGISTRY_HISTORY_LINES_MAX", "many",
                "MUSTER_REGISTRY_WATCH_BURST_BYTES", "1",
                "MUSTER_REGISTRY_PUBLISH_LINES", "perhaps"));
        TerminalSettings.from(env);

        assertThatThrownBy(env::throwIfMistaken)
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining("LINES_MAX=many")
                .hasMessageContaining("BURST_BYTES=1")
                .hasMessageContaining("PUBLISH_LINES=perhaps");
    }
}
