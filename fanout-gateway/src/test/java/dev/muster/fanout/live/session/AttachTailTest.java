package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.NODE;
import static dev.muster.fanout.testing.StreamFixture.TASK;
import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.fanout.testing.FakeRegistryReads.HistoryReads;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.TaskState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An attach costs the same whatever was printed before it. */
class AttachTailTest {
    private static final int SCROLLBACK = 200;

    private static HistoryReads attachBehind(int lines, TaskState state) {
        try (SessionBench bench = new SessionBench(new StreamFixture(), 10, 1 << 20)) {
            bench.fixture.registry.put(node("alice", 1));
            bench.fixture.registry.put(task(state));
            bench.fixture.registry.printed(TASK, lines);
            RecordingOutbound out = new RecordingOutbound();
            ViewerSession session = bench.open(out, null, "alice");
            session.onText("{\"op\":\"attach\",\"ref\":\"a\",\"nodeId\":\"%s\",\"terminal\":\"%s\",\"lines\":%d}"
                    .formatted(NODE, TASK, SCROLLBACK));
            bench.until(() -> out.frames("lines").stream()
                            .mapToInt(frame -> frame.path("lines").size())
                            .sum()
                    == SCROLLBACK);
            assertThat(out.frames("attached").get(0).path("firstLine").asInt()).isEqualTo(lines - SCROLLBACK);
            if (state == TaskState.RUNNING) {
                bench.fixture.registry.print(NODE, TASK, "live");
                bench.until(() -> out.frames("lines").stream()
                        .anyMatch(frame -> frame.path("firstLine").asInt() == lines));
            }
            session.onClosed(1000);
            bench.settle();
            return bench.fixture.registry.historyReads();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RUNNING", "SUCCEEDED"})
    void what_is_asked_of_the_registry_and_answered_is_the_same_for_a_thousand_lines_and_a_million(String state) {
        HistoryReads few = attachBehind(1_000, TaskState.valueOf(state));
        HistoryReads many = attachBehind(1_000_000, TaskState.valueOf(state));
        assertThat(many.requests()).isEqualTo(few.requests());
        assertThat(many.linesAsked()).isEqualTo(few.linesAsked());
        assertThat(many.lines()).isEqualTo(few.lines());
        // a line has its number: two bytes of a larger one more
        assertThat(many.bytes() - few.bytes()).isBetween(0L, 3L * few.lines());
    }
}
