package dev.muster.registry.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.topics.TopicNames;
import dev.muster.kit.settings.Env;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TerminalTopologyTest {
    /** Names and order are the identity of the state: after a change the app would start with empty stores. */
    @Test
    void the_graph_is_as_it_was_published() throws IOException {
        String graph = TerminalTopology.build(
                        new TopicNames("muster."),
                        TerminalSettings.from(new Env(Map.of())),
                        TopicId.of("id"),
                        partition -> CompletableFuture.completedFuture(0L),
                        new TerminalMetrics(new SimpleMeterRegistry()))
                .describe()
                .toString();
        try (InputStream golden = Objects.requireNonNull(getClass().getResourceAsStream("terminal-topology.txt"))) {
            String expected = new String(golden.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(lines(graph)).isEqualTo(lines(expected));
        }
    }

    private static List<String> lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}
