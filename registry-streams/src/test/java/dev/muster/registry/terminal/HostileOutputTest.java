package dev.muster.registry.terminal;

import static dev.muster.registry.terminal.TerminalHarness.AGENT;
import static dev.muster.registry.terminal.TerminalHarness.NODE;
import static dev.muster.registry.terminal.TerminalHarness.data;
import static dev.muster.registry.terminal.TerminalHarness.exit;
import static dev.muster.registry.terminal.TerminalHarness.resize;
import static dev.muster.registry.terminal.TerminalHarness.start;
import static dev.muster.registry.terminal.TerminalHarness.startPty;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.ReadHistoryRequest;
import dev.muster.proto.records.v1.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostileOutputTest {
    private static final int CHANGELOG_VALUE_MAX = 900 << 10;

    private final TerminalHarness app = new TerminalHarness();

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void a_value_that_is_no_protobuf_is_a_dead_letter_and_the_next_record_is_taken() {
        app.stdoutBytes(NODE, new byte[] {(byte) 0xff, 1, 2});
        app.output(start(), data(0, 1, "fine\n"));

        assertThat(app.history()).containsExactly("fine");
        DeadLetter letter = app.letters().get(0);
        assertThat(letter.getReason()).isEqualTo("not-a-protobuf");
        assertThat(letter.getOffset()).isZero();
        assertThat(letter.getErrorId()).isNotEmpty();
        assertThat(letter.getValue().size()).isEqualTo(3);
    }

    @Test
    void absurd_steps_are_refused_and_the_others_of_the_record_are_taken() {
        app.output(
                start(),
                data(0, 1, "one\n"),
                data(-5, 1, "absurd"),
                data(4, 1, "two\n").toBuilder().setTerminalId("").build(),
                data(4, 1, "two\n"),
                exit(8, 2, 0),
                data(8, 2, "after the exit"));

        assertThat(app.history()).containsExactly("one", "two");
        assertThat(app.letters()).extracting(DeadLetter::getReason).containsExactly("after-exit");
        assertThat(app.counters()).containsEntry("bytes:refused", 24.0).containsEntry("dead.letters", 1.0);
    }

    @Test
    void a_terminal_belongs_to_the_instance_that_began_it() {
        app.output(start(), data(0, 1, "mine\n"));
        app.outputOf(NODE, "agent-2", List.of(start(), data(0, 1, "theirs\n"), data(5, 1, "theirs\n")));
        app.output(data(5, 1, "mine too\n"));

        assertThat(app.history()).containsExactly("mine", "mine too");
        assertThat(app.counters())
                .containsEntry("bytes:other-instance", 14.0)
                .containsEntry("markers:other-instance", 1.0);
    }

    @Test
    void output_without_a_start_is_taken_as_that_of_a_pipe() {
        app.output(data(0, 0, "no start\nat all"));

        assertThat(app.history()).containsExactly("no start", "at all");
    }

    @Test
    void lost_markers_alone_are_given_up_without_a_line() {
        app.output(start(), data(0, 1, "one\n"));
        app.output(data(4, 3, "two\n"));
        app.pass(10_000);
        app.output(data(4, 3, "two\n"));

        assertThat(app.history()).containsExactly("one", "two");
        assertThat(app.counters()).containsEntry("gaps", 1.0).containsEntry("lost.bytes", 0.0);
    }

    @Test
    void a_gap_in_the_middle_of_an_escape_sequence_still_shows() {
        app.output(startPty(80, 24), data(0, 1, "text\u001b]0;never ended"), TerminalHarness.gap(19, 2, 100));
        app.output(data(119, 2, "more"));

        assertThat(app.history()).containsExactly("text", "[... 100 bytes lost ...]", "more");
    }

    @Test
    void many_tiny_chunks_make_few_keys() {
        Random random = new Random(5);
        List<OutputChunk> chunks = new ArrayList<>();
        chunks.add(start());
        long offset = 0;
        for (int i = 0; i < 6_000; i++) {
            String text = random.nextInt(40) == 0 ? "\n" : "x";
            chunks.add(data(offset, 1, text));
            offset++;
        }
        chunks.forEach(chunk -> app.outputOf(NODE, AGENT, List.of(chunk)));

        assertThat(app.contents()).hasSizeLessThan(100);
        assertThat(app.changelogBytes).isLessThan(6_000L * 500);
    }

    @Test
    void a_flood_of_resizes_does_not_grow_the_tail_for_ever() {
        List<OutputChunk> chunks = new ArrayList<>();
        chunks.add(startPty(80, 24));
        for (int i = 0; i < 20_000; i++) {
            chunks.add(resize(0, 2L + i, 20 + i % 100, 10 + i % 50));
        }
        for (int from = 0; from < chunks.size(); from += 50) {
            app.outputOf(NODE, AGENT, chunks.subList(from, Math.min(chunks.size(), from + 50)));
        }

        long bytes = app.contents().values().stream()
                .mapToLong(value -> value.length)
                .sum();
        assertThat(bytes).isLessThan(200_000);
        assertThat(app.page(ReadHistoryRequest.newBuilder().setLines(1))
                        .getMark()
                        .getMarkerNumber())
                .isEqualTo(20_001);
    }

    @Test
    void no_value_is_too_large_for_the_changelog_whatever_the_window_holds() {
        StringBuilder screen = new StringBuilder();
        for (int row = 1; row <= 500; row++) {
            screen.append("\u001b[").append(row).append("H");
            for (int col = 0; col < 1_000; col++) {
                screen.append("e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308");
            }
        }
        byte[] bytes = screen.toString().getBytes(StandardCharsets.UTF_8);
        List<OutputChunk> chunks = new ArrayList<>();
        chunks.add(startPty(1_000, 500));
        for (int from = 0; from < bytes.length; from += 500_000) {
            byte[] piece = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 500_000));
            chunks.add(data(from, 1, piece));
        }
        chunks.add(exit(bytes.length, 2, 0));
        for (OutputChunk chunk : chunks) {
            app.outputOf(NODE, AGENT, List.of(chunk));
            assertThat(app.contents().values()).allMatch(value -> value.length < CHANGELOG_VALUE_MAX);
        }
        assertThat(app.page(ReadHistoryRequest.newBuilder().setLines(1)).getFinal())
                .isGreaterThanOrEqualTo(500);
    }

    @Test
    void very_much_text_from_few_bytes_is_sealed_and_evicted_as_it_comes() {
        try (TerminalHarness small = new TerminalHarness(Map.of("MUSTER_REGISTRY_HISTORY_BYTES_MAX", "1048576"))) {
            small.output(start());
            long offset = 0;
            for (int i = 0; i < 20; i++) {
                String bomb = "x\u001b[15000b".repeat(300);
                small.output(data(offset, 1, bomb));
                offset += bomb.length();
            }
            long bytes = small.contents().values().stream()
                    .mapToLong(value -> value.length)
                    .sum();
            assertThat(bytes).isLessThan(12L << 20);
        }
    }

    @Test
    void random_bytes_break_nothing() {
        Random random = new Random(9);
        byte[] noise = new byte[300_000];
        random.nextBytes(noise);
        app.output(startPty(100, 40), data(0, 1, noise), exit(noise.length, 2, 0));

        assertThat(app.history()).isNotEmpty();
        assertThat(app.letters()).isEmpty();
    }
}
