package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttachResumeTest {
    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 3, 1 << 20);
    private String position = "";

    @AfterEach
    void stop() {
        bench.close();
    }

    private static String attach(String mode, boolean resume) {
        return "{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"%s\",\"terminal\":\"%s\",\"mode\":\"%s\",\"resume\":%s,\"lines\":10}"
                .formatted(NODE, TASK, mode, resume);
    }

    private ViewerSession open(RecordingOutbound out, String mode) {
        boolean again = !position.isEmpty();
        ViewerSession session = bench.open(out, again ? position : null, "alice");
        session.onText(attach(mode, again));
        bench.until(() -> !out.frames("attached").isEmpty()
                && (again || !out.frames("snapshot").isEmpty()));
        return session;
    }

    private void running() {
        bench.fixture.registry.put(node("alice", 1));
        bench.fixture.registry.put(task(TaskState.RUNNING));
    }

    private void print(int from, int to) {
        for (int i = from; i < to; i++) {
            bench.fixture.registry.print(NODE, TASK, "line " + i);
        }
    }

    private void note(RecordingOutbound out) {
        for (JsonNode frame : out.frames) {
            if (frame.path("position").isTextual()) {
                position = frame.path("position").asText();
            }
        }
    }

    private static List<Integer> lines(RecordingOutbound out) {
        List<Integer> lines = new ArrayList<>();
        for (JsonNode frame : out.frames("lines")) {
            for (int i = 0; i < frame.path("lines").size(); i++) {
                int number = frame.path("firstLine").asInt() + i;
                assertThat(frame.path("lines").path(i).asText()).isEqualTo("line " + number);
                lines.add(number);
            }
        }
        return lines;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void over_any_number_of_connections_each_line_comes_once(long seed) {
        Random random = new Random(seed);
        running();
        int printed = random.nextInt(9);
        print(0, printed);
        List<Integer> seen = new ArrayList<>();
        for (int connection = 0; connection < 8; connection++) {
            RecordingOutbound out = new RecordingOutbound();
            ViewerSession session = open(out, "text");
            int more = random.nextInt(40);
            print(printed, printed + more);
            printed += more;
            int all = printed;
            int waitFor = random.nextBoolean() ? all : 0;
            bench.until(() -> seen.size() + lines(out).size() >= waitFor);
            session.onClosed(1006);
            bench.settle();
            if (connection > 0) {
                assertThat(out.frames("attached").get(0).path("recovered").asBoolean())
                        .as("seed %d", seed)
                        .isTrue();
            }
            seen.addAll(lines(out));
            note(out);
            int away = random.nextInt(30);
            print(printed, printed + away);
            printed += away;
        }
        RecordingOutbound last = new RecordingOutbound();
        open(last, "text");
        int all = printed;
        bench.until(() -> seen.size() + lines(last).size() >= all);
        seen.addAll(lines(last));
        assertThat(seen)
                .as("seed %d", seed)
                .isEqualTo(IntStream.range(0, all).boxed().toList());
    }

    @Test
    void more_lines_than_an_attach_may_ask_for_are_said_to_be_skipped_and_where_they_are() {
        running();
        print(0, 5);
        RecordingOutbound out = new RecordingOutbound();
        ViewerSession session = open(out, "text");
        bench.until(() -> lines(out).size() == 5);
        session.onClosed(1006);
        bench.settle();
        note(out);
        print(5, 2_000);
        RecordingOutbound again = new RecordingOutbound();
        open(again, "text");
        bench.until(() -> lines(again).contains(1_999));
        JsonNode attached = again.frames("attached").get(0);
        assertThat(attached.path("recovered").asBoolean()).isFalse();
        assertThat(attached.path("reason").asText()).isEqualTo("expired");
        JsonNode skipped = again.frames("skipped").get(0);
        assertThat(skipped.path("from").asInt()).isEqualTo(5);
        assertThat(skipped.path("to").asInt()).isEqualTo(1_990);
        assertThat(skipped.path("load").asText()).endsWith("/history?terminal=" + TASK + "&after=5&before=1990");
        assertThat(lines(again)).isEqualTo(IntStream.range(1_990, 2_000).boxed().toList());
    }

    @Test
    void a_raw_terminal_is_painted_anew_and_says_what_was_left_out() {
        running();
        print(0, 5);
        RecordingOutbound out = new RecordingOutbound();
        ViewerSession session = open(out, "raw");
        bench.until(() -> !out.frames("output").isEmpty());
        session.onClosed(1006);
        bench.settle();
        note(out);
        RecordingOutbound same = new RecordingOutbound();
        ViewerSession still = open(same, "raw");
        assertThat(same.frames("attached").get(0).path("recovered").asBoolean()).isTrue();
        still.onClosed(1006);
        bench.settle();
        print(5, 10);
        RecordingOutbound again = new RecordingOutbound();
        open(again, "raw");
        bench.until(() -> !again.frames("output").isEmpty());
        assertThat(again.frames("attached").get(0).path("reason").asText()).isEqualTo("repainted");
        assertThat(again.frames("skipped").get(0).path("to").asLong())
                .isEqualTo(again.frames("output").get(0).path("offset").asLong());
    }

    @Test
    void a_terminal_that_the_token_does_not_name_begins_with_its_scrollback_and_says_so() {
        running();
        print(0, 50);
        RecordingOutbound out = new RecordingOutbound();
        ViewerSession session = bench.open(out, null, "alice");
        session.onText(attach("text", true));
        bench.until(() -> lines(out).size() == 10);
        assertThat(out.frames("attached").get(0).path("recovered").asBoolean()).isFalse();
        assertThat(out.frames("attached").get(0).path("reason").asText()).isEqualTo("none");
    }
}
