package dev.muster.fanout.live.session;

import static dev.muster.fanout.testing.StreamFixture.node;
import static dev.muster.fanout.testing.StreamFixture.nodeId;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.log.tails.PartitionTails;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.records.v1.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A viewer reads slowly, stops, vanishes and comes back with a token of any frame that it has, while nodes and their
 * grants change and the ring forgets. It must always see every version of every node once and in order, or be told that
 * it does not.
 */
class SeamTest {
    private static final int NODES = 12;

    private final StreamFixture fixture =
            new StreamFixture(new PartitionTails.Limits(256 << 10, Duration.ofSeconds(60), 0));

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** What one client knows: it takes frames as the protocol's page says, and notes what should not have come. */
    private static final class Client {
        private final Map<String, Long> versions = new TreeMap<>();
        private final Map<String, Long> shown = new TreeMap<>();
        private final List<String> faults = new ArrayList<>();
        private final boolean each;
        private String position = "";
        private int seen;

        /** @param each whether no version may be left out */
        Client(boolean each) {
            this.each = each;
        }

        void reconnect() {
            seen = 0;
        }

        void take(RecordingOutbound out) {
            for (; seen < out.frames.size(); seen++) {
                JsonNode frame = out.frames.get(seen);
                JsonNode node = frame.path("node");
                switch (frame.path("type").asText()) {
                    case "snapshot" -> frame.path("nodes").forEach(this::jump);
                    case "node" -> {
                        step(node.path("nodeId").asText(), node.path("version").asLong());
                        shown.put(
                                node.path("nodeId").asText(),
                                node.path("version").asLong());
                    }
                    case "node-removed" -> {
                        step(
                                frame.path("nodeId").asText(),
                                frame.path("version").asLong());
                        shown.remove(frame.path("nodeId").asText());
                    }
                    default -> {
                        // nothing about nodes
                    }
                }
                if (frame.path("position").isTextual()) {
                    position = frame.path("position").asText();
                }
            }
        }

        private void jump(JsonNode node) {
            versions.merge(node.path("nodeId").asText(), node.path("version").asLong(), Math::max);
            shown.put(node.path("nodeId").asText(), node.path("version").asLong());
        }

        private void step(String node, long version) {
            long known = versions.getOrDefault(node, 0L);
            if (version <= known || (each && version != known + 1)) {
                faults.add("%s went from %d to %d".formatted(node, known, version));
            }
            versions.put(node, version);
        }
    }

    /** Changes nodes at random, and knows which of them alice may see. */
    private final class Fleet {
        private final Random random;
        private final boolean fixedGrants;
        private final long[] versions = new long[NODES];
        private final Map<String, Long> visible = new TreeMap<>();

        Fleet(Random random, boolean fixedGrants) {
            this.random = random;
            this.fixedGrants = fixedGrants;
        }

        void change() {
            int i = random.nextInt(NODES);
            String owner = fixedGrants ? (i % 3 == 0 ? "alice" : "bob") : (random.nextInt(3) == 0 ? "alice" : "bob");
            Map<String, Role> grants = new TreeMap<>();
            for (String group : List.of("ops", "dev")) {
                boolean granted = fixedGrants ? i % 3 == 1 || group.equals("dev") : random.nextInt(3) == 0;
                if (granted) {
                    grants.put(group, random.nextBoolean() ? Role.ROLE_RUN : Role.ROLE_VIEW);
                }
            }
            fixture.registry.put(node(nodeId(i), owner, ++versions[i], grants));
            if (owner.equals("alice") || !grants.isEmpty()) {
                visible.put(nodeId(i), versions[i]);
            } else {
                visible.remove(nodeId(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void no_version_is_lost_or_repeated_across_ring_log_and_reconnects(long seed) {
        run(seed, true, Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void while_grants_change_a_lagging_viewer_goes_forward_only_and_ends_with_what_it_may_see(long seed) {
        run(seed, false, 20);
    }

    private void run(long seed, boolean each, long laggingRecords) {
        Random random = new Random(seed);
        Fleet fleet = new Fleet(random, each);
        try (SessionBench bench = new SessionBench(fixture, 3, 20_000, laggingRecords)) {
            Client client = new Client(each);
            RecordingOutbound out = new RecordingOutbound();
            ViewerSession session = bench.open(out, null, "alice", "ops", "dev");
            RecordingOutbound first = out;
            bench.until(() -> !first.frames("snapshot").isEmpty());
            client.take(out);
            for (int round = 0; round < 80; round++) {
                for (int i = random.nextInt(60); i > 0; i--) {
                    fleet.change();
                }
                out.reading = random.nextInt(3) > 0;
                if (random.nextInt(3) == 0) {
                    out.take();
                }
                bench.settle();
                client.take(out);
                if (random.nextInt(6) == 0) {
                    session.onClosed(1006);
                    bench.settle();
                    client.take(out);
                    client.reconnect();
                    out = new RecordingOutbound();
                    session = bench.open(out, client.position, "alice", "ops", "dev");
                }
            }
            RecordingOutbound last = out;
            last.reading = true;
            bench.until(() -> {
                last.take();
                client.take(last);
                return client.shown.equals(fleet.visible);
            });
            assertThat(client.faults).as("seed %d", seed).isEmpty();
            assertThat(bench.count("gaps")).as("seed %d", seed).isZero();
            assertThat(fixture.older.passes()).as("the past was read").isPositive();
            session.onClosed(1000);
            bench.settle();
            assertThat(bench.count("records.accepted"))
                    .isEqualTo(bench.count("records.sent")
                            + bench.count("records.skipped")
                            + bench.count("records.dropped"));
        }
    }
}
