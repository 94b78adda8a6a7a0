package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.contract.ids.Audiences;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an admin sees: all nodes, through the fleet's shards, which lie in several partitions. */
class FleetTest {
    private static final int NODES = 40;

    private final SessionBench bench = new SessionBench(
            new StreamFixture(new PartitionTails.Limits(2 << 20, Duration.ofSeconds(60), 0)), 7, 20_000);
    private final RecordingOutbound out = new RecordingOutbound();

    @AfterEach
    void stop() {
        bench.close();
    }

    private void putAll(long version) {
        for (int i = 0; i < NODES; i++) {
            bench.fixture.registry.put(node(nodeId(i), "user-" + i % 5, version, Map.of()));
        }
    }

    private static Set<Integer> partitionsOfFleet() {
        return Audiences.ofSession("admin", List.of(), true, StreamFixture.PARTITIONS).stream()
                .filter(audience -> audience.startsWith("fleet:"))
                .map(StreamFixture.PARTITIONS::ofView)
                .collect(Collectors.toSet());
    }

    @Test
    void an_admin_gets_each_change_of_every_shard_once_and_in_order() {
        assertThat(partitionsOfFleet()).hasSizeGreaterThan(1);
        putAll(1);
        bench.open(out, null, "admin");
        bench.until(() -> out.frames("snapshot").stream()
                .anyMatch(frame -> frame.path("last").asBoolean()));
        assertThat(out.frames("snapshot").stream()
                        .mapToInt(frame -> frame.path("nodes").size())
                        .sum())
                .isEqualTo(NODES);
        for (int version = 2; version <= 5; version++) {
            putAll(version);
        }
        // the last change of each, so that anything sent twice would have come before it
        bench.until(() -> out.frames("node").stream()
                        .filter(frame -> frame.path("node").path("version").asInt() == 5)
                        .count()
                >= NODES);
        Map<String, List<Integer>> seen = out.frames("node").stream()
                .map(frame -> frame.path("node"))
                .collect(Collectors.groupingBy(
                        view -> view.path("nodeId").asText(),
                        TreeMap::new,
                        Collectors.mapping(view -> view.path("version").asInt(), Collectors.toList())));
        assertThat(seen).hasSize(NODES);
        assertThat(seen.values())
                .allSatisfy(versions -> assertThat(versions)
                        .isEqualTo(IntStream.rangeClosed(2, 5).boxed().toList()));
    }

    @Test
    void an_admin_resumes_in_all_shards_with_exactly_what_followed() {
        putAll(1);
        bench.open(out, null, "admin");
        bench.until(() -> out.frames("snapshot").stream()
                .anyMatch(frame -> frame.path("last").asBoolean()));
        putAll(2);
        bench.until(() -> out.frames("node").size() == NODES);
        JsonNode last = out.frames("node").get(NODES / 2);
        RecordingOutbound again = new RecordingOutbound();
        bench.open(again, last.path("position").asText(), "admin");
        bench.until(() -> again.frames("node").size() >= NODES - NODES / 2 - 1);
        assertThat(again.frames("opened").get(0).path("recovered").asBoolean()).isTrue();
        assertThat(ids(again.frames("node"))).isEqualTo(ids(out.frames("node").subList(NODES / 2 + 1, NODES)));
    }

    private static Set<String> ids(List<JsonNode> frames) {
        return frames.stream()
                .map(frame -> frame.path("node").path("nodeId").asText())
                .collect(Collectors.toSet());
    }
}
