package dev.muster.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShownBytesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LINE = Stamps.LINE_BYTES;

    private final List<Long> seen = new ArrayList<>();
    private final ShownBytes shown = new ShownBytes(seen::add);

    @Test
    void lines_behind_the_repaint_are_new() {
        shown.on(output(2L * LINE, 500).put("repaint", true));
        shown.on(output(2L * LINE, LINE));
        shown.on(output(3L * LINE, 2 * LINE));

        assertThat(seen).containsExactly(2L, 3L, 4L);
        assertThat(shown.lost()).isZero();
    }

    @Test
    void bytes_that_do_not_follow_are_lost() {
        shown.on(output(0, LINE));
        shown.on(output(3L * LINE, LINE));

        assertThat(seen).containsExactly(0L, 3L);
        assertThat(shown.lost()).isEqualTo(2);
    }

    private static ObjectNode output(long offset, int bytes) {
        return JSON.createObjectNode()
                .put("type", "output")
                .put("offset", offset)
                .put("data", new byte[bytes]);
    }
}
