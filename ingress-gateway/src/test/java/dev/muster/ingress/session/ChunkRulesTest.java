package dev.muster.ingress.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ChunkRulesTest {
    private final ChunkRules rules = new ChunkRules(1_000);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TERM\u001b[2J",
                "\u202eTERM",
                "\u009b31m",
                "0123456789012345678901234567890123456789012345678901234567890123456789"
            })
    void a_marker_with_text_that_cannot_be_shown_is_refused(String text) {
        assertRefused(Marker.newBuilder().setExit(Exit.newBuilder().setSignal(text)));
        assertRefused(Marker.newBuilder().setGap(Gap.newBuilder().setBytes(1).setReason(text.repeat(4))));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 52, Long.MAX_VALUE})
    void a_gap_that_cannot_be_is_refused(long bytes) {
        assertRefused(Marker.newBuilder().setGap(Gap.newBuilder().setBytes(bytes)));
    }

    @Test
    void what_agents_send_is_taken() {
        assertThat(rules.check(
                        chunk(Marker.newBuilder().setExit(Exit.newBuilder().setSignal("TERM")))))
                .isEmpty();
        assertThat(rules.check(chunk(Marker.newBuilder()
                        .setGap(Gap.newBuilder().setBytes(1L << 40).setReason("agent-disk-full")))))
                .isEmpty();
    }

    private void assertRefused(Marker.Builder marker) {
        assertThat(rules.check(chunk(marker)))
                .get()
                .satisfies(refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID));
    }

    private static OutputChunk chunk(Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setTerminalId("tk_00000000000000000000000001")
                .setOffset(5)
                .setMarkerNumber(2)
                .setMarker(marker)
                .build();
    }
}
