package dev.muster.registry.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;

class ControlTopologyTest {
    private final Topology topology = ControlTopology.build(
            ControlDriver.KAFKA, ControlDriver.LIMITS, (audience, nodeId, version) -> {}, () -> {}, () -> "error-id");

    /**
     * Task directories, changelogs and assignments are made of these names and this order: a change needs a migration.
     */
    @Test
    void the_graph_is_as_it_was() throws IOException {
        try (InputStream golden = Objects.requireNonNull(getClass().getResourceAsStream("control-topology.txt"))) {
            assertThat(lines(topology.describe().toString()))
                    .isEqualTo(lines(new String(golden.readAllBytes(), StandardCharsets.UTF_8)));
        }
    }

    private static List<String> lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}
