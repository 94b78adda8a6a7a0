package dev.muster.registry.terminal.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputAcceptorTest {
    private static final int CHUNK_MAX = 1_000;
    /** 100 bytes and 3 markers were taken. */
    private static final Position AT = new Position(100, 3);

    private final OutputAcceptor acceptor = new OutputAcceptor(CHUNK_MAX);

    @ParameterizedTest
    @CsvSource({
        // offset, marker, length, expected kind, skipped bytes
        "100, 3, 10, TAKE, 0",
        "90, 3, 20, TAKE, 10",
        "90, 3, 10, REPEAT, 0",
        "90, 3, 9, REPEAT, 0",
        "101, 3, 10, BEYOND, 0",
        "0, 2, 50, REPEAT, 0",
        "0, 0, 100, REPEAT, 0",
        "95, 2, 10, ABSURD, 0",
        "110, 2, 10, ABSURD, 0",
        "100, 4, 10, BEYOND, 0",
        "120, 5, 10, BEYOND, 0",
        "99, 4, 10, ABSURD, 0",
    })
    void data_is_placed_by_offset_and_marker(long offset, long marker, int length, Verdict.Kind kind, int skip) {
        Verdict verdict = acceptor.decide(AT, false, data(offset, marker, length));

        assertThat(verdict.kind()).isEqualTo(kind);
        assertThat(verdict.skip()).isEqualTo(skip);
    }

    @ParameterizedTest
    @CsvSource({
        "100, 4, TAKE",
        "100, 3, REPEAT",
        "50, 1, REPEAT",
        "100, 5, BEYOND",
        "101, 4, BEYOND",
        "99, 4, ABSURD",
        "99, 5, ABSURD",
    })
    void a_marker_is_placed_by_number_and_offset(long offset, long number, Verdict.Kind kind) {
        assertThat(acceptor.decide(AT, false, exit(offset, number)).kind()).isEqualTo(kind);
    }

    @Test
    void nothing_is_taken_after_the_exit_but_repeats_are_repeats() {
        assertThat(acceptor.decide(AT, true, data(90, 3, 10)).kind()).isEqualTo(Verdict.Kind.REPEAT);
        assertThat(acceptor.decide(AT, true, data(100, 3, 10)).reason()).isEqualTo("after-exit");
        assertThat(acceptor.decide(AT, true, data(500, 3, 10)).reason()).isEqualTo("after-exit");
        assertThat(acceptor.decide(AT, true, exit(100, 4)).reason()).isEqualTo("after-exit");
    }

    @Test
    void what_no_agent_sends_is_absurd() {
        assertReason(data(100, 3, 0), "empty-chunk");
        assertReason(data(100, 3, CHUNK_MAX + 1), "chunk-too-large");
        assertReason(data(-1, 3, 1), "absurd-position");
        assertReason(data(Long.MAX_VALUE, 3, 1), "absurd-position");
        assertReason(data(OutputAcceptor.OFFSET_MAX, 3, 1), "absurd-position");
        assertReason(data(100, -1, 1), "absurd-position");
        assertReason(
                exit(100, 4).toBuilder().setData(ByteString.copyFromUtf8("x")).build(), "data-and-marker");
        assertReason(marker(100, 4, Marker.getDefaultInstance()), "unknown-marker");
        assertReason(
                marker(
                        100,
                        4,
                        Marker.newBuilder().setStart(Start.getDefaultInstance()).build()),
                "absurd-start");
        assertReason(marker(100, 4, gap(-1)), "absurd-gap");
        assertReason(marker(100, 4, gap(OutputAcceptor.OFFSET_MAX)), "absurd-gap");
        assertReason(
                marker(
                        100,
                        4,
                        Marker.newBuilder()
                                .setResize(
                                        WindowSize.newBuilder().setCols(70_000).setRows(1))
                                .build()),
                "absurd-size");
    }

    private void assertReason(OutputChunk chunk, String reason) {
        Verdict verdict = acceptor.decide(AT, false, chunk);
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.ABSURD);
        assertThat(verdict.reason()).isEqualTo(reason);
    }

    private static Marker gap(long bytes) {
        return Marker.newBuilder().setGap(Gap.newBuilder().setBytes(bytes)).build();
    }

    private static OutputChunk data(long offset, long marker, int length) {
        return OutputChunk.newBuilder()
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setData(ByteString.copyFrom(new byte[length]))
                .build();
    }

    private static OutputChunk exit(long offset, long number) {
        return marker(
                offset,
                number,
                Marker.newBuilder().setExit(Exit.getDefaultInstance()).build());
    }

    private static OutputChunk marker(long offset, long number, Marker marker) {
        return OutputChunk.newBuilder()
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker)
                .build();
    }
}
