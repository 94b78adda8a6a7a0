package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The topic of views is recreated under sessions, while the registry's answers still come from the old log. */
class TopicAnewTest {
    private static final int BEFORE = 20;

    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 100, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    private void change(int node) {
        bench.fixture.registry.put(node(nodeId(node), "alice", 1, Map.of()));
    }

    private static Set<String> shown(RecordingOutbound of, int since) {
        Set<String> ids = new TreeSet<>();
        for (JsonNode frame : of.frames.subList(since, of.frames.size())) {
            frame.path("nodes").forEach(each -> ids.add(each.path("nodeId").asText()));
            if (frame.has("node")) {
                ids.add(frame.path("node").path("nodeId").asText());
            }
        }
        return ids;
    }

    private static String lastPosition(RecordingOutbound of) {
        List<JsonNode> positions = of.frames.stream()
                .filter(frame -> frame.path("position").isTextual())
                .toList();
        return positions.get(positions.size() - 1).path("position").asText();
    }

    private void open(RecordingOutbound viewer, String resume) {
        bench.open(viewer, resume.isEmpty() ? null : resume, "alice");
        bench.until(() -> viewer.frames("opened").size() == 1
                && (viewer.frames("opened").get(0).path("recovered").asBoolean()
                        || viewer.frames("snapshot").size() == 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, BEFORE, 3 * BEFORE})
    void a_session_has_a_gap_and_then_all_of_the_new_log_even_if_the_registry_has_not_noticed(int atOnce) {
        for (int i = 0; i < BEFORE; i++) {
            change(i);
        }
        open(out, "");
        String before = lastPosition(out);
        bench.fixture.registry.hold();
        bench.fixture.views.makeAnew();
        for (int i = 0; i < atOnce; i++) {
            change(BEFORE + i);
        }
        int since = out.frames.size();
        bench.fixture.noticeNewViews("another topic");
        bench.until(() -> out.frames("snapshot").size() == 2);
        assertThat(out.frames("gap")).hasSizeBetween(1, 2);
        int last = BEFORE + atOnce;
        change(last);
        bench.until(() -> shown(out, since).contains(nodeId(last)));
        assertThat(shown(out, since)).hasSize(last + 1);

        RecordingOutbound goesOn = new RecordingOutbound();
        String position = lastPosition(out);
        change(last + 1);
        open(goesOn, position);
        assertThat(goesOn.frames("opened").get(0).path("recovered").asBoolean()).isTrue();
        bench.until(() -> shown(goesOn, 0).equals(Set.of(nodeId(last + 1))));

        RecordingOutbound fromBefore = new RecordingOutbound();
        open(fromBefore, before);
        assertThat(fromBefore.frames("opened").get(0).path("reason").asText()).isEqualTo("topic-recreated");
        bench.until(() -> shown(fromBefore, 0).size() == last + 2);
    }

    @Test
    void a_new_log_noticed_while_it_was_empty_is_read_whole() {
        for (int i = 0; i < BEFORE; i++) {
            change(i);
        }
        open(out, "");
        bench.fixture.registry.hold();
        bench.fixture.views.makeAnew();
        bench.fixture.noticeNewViews("another topic");
        bench.until(() -> out.frames("gap").size() == 1);
        for (int i = 0; i < 3 * BEFORE; i++) {
            change(BEFORE + i);
        }
        RecordingOutbound next = new RecordingOutbound();
        open(next, "");
        bench.until(() -> shown(next, 0).size() == 4 * BEFORE);
    }

    @Test
    void once_the_registry_reads_the_new_log_a_snapshot_goes_on_at_its_position() {
        for (int i = 0; i < BEFORE; i++) {
            change(i);
        }
        open(out, "");
        bench.fixture.views.makeAnew();
        bench.fixture.noticeNewViews("another topic");
        bench.until(() -> out.frames("gap").size() == 1);
        int further = 2 * BEFORE + 1;
        for (int i = BEFORE; i < further; i++) {
            change(i);
        }
        RecordingOutbound next = new RecordingOutbound();
        open(next, "");
        change(further);
        bench.until(() -> shown(next, 0).contains(nodeId(further)));
        assertThat(next.frames("node")).hasSize(1);
    }
}
