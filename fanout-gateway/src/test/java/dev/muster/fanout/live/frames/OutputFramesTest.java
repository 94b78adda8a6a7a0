package dev.muster.fanout.live.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.RawFrame;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputFramesTest {
    @Test
    void chunks_that_follow_each_other_become_one_frame_and_markers_stay_in_their_place() {
        RawFrame frame = RawFrame.newBuilder()
                .addChunks(marker(
                        0, 1, Marker.newBuilder().setStart(Start.newBuilder().setPty(size(80, 24)))))
                .addChunks(data(0, 1, "ab"))
                .addChunks(data(2, 1, "cd"))
                .addChunks(marker(4, 2, Marker.newBuilder().setResize(size(100, 30))))
                .addChunks(data(4, 2, "e"))
                .addChunks(marker(
                        5,
                        3,
                        Marker.newBuilder().setGap(Gap.newBuilder().setBytes(10).setReason("spool-full"))))
                .addChunks(data(15, 3, "f"))
                .addChunks(marker(
                        16,
                        4,
                        Marker.newBuilder()
                                .setExit(Exit.newBuilder().setExitCode(143).setSignal("TERM"))))
                .build();
        assertThat(texts(OutputFrames.of(frame, Mark.getDefaultInstance())))
                .containsExactly(
                        "{\"type\":\"resized\",\"cols\":80,\"rows\":24",
                        "{\"type\":\"output\",\"offset\":0,\"data\":\"YWJjZA==\"",
                        "{\"type\":\"resized\",\"cols\":100,\"rows\":30",
                        "{\"type\":\"output\",\"offset\":4,\"data\":\"ZQ==\"",
                        "{\"type\":\"gap\",\"scope\":\"output\",\"from\":5,\"to\":15,\"reason\":\"spool-full\"",
                        "{\"type\":\"output\",\"offset\":15,\"data\":\"Zg==\"",
                        "{\"type\":\"ended\",\"exitCode\":143,\"signal\":\"TERM\",\"reason\":null");
    }

    @Test
    void a_gap_that_the_registry_found_is_shown_though_it_has_the_number_of_the_marker_before_it() {
        RawFrame frame = RawFrame.newBuilder()
                .addChunks(marker(
                        4,
                        1,
                        Marker.newBuilder().setGap(Gap.newBuilder().setBytes(46).setReason("missing"))))
                .addChunks(marker(50, 2, Marker.newBuilder().setExit(Exit.getDefaultInstance())))
                .build();
        String gap = "{\"type\":\"gap\",\"scope\":\"output\",\"from\":4,\"to\":50,\"reason\":\"missing\"";
        assertThat(texts(OutputFrames.of(frame, mark(4, 1)))).hasSize(2).startsWith(gap);
        assertThat(texts(OutputFrames.of(frame, mark(50, 1)))).hasSize(1).doesNotContain(gap);
    }

    @Test
    void an_exit_that_nobody_knows_has_no_code() {
        assertThat(new String(
                        OutputFrames.ended(Exit.newBuilder().setExitCode(-1).build()),
                        java.nio.charset.StandardCharsets.UTF_8))
                .startsWith("{\"type\":\"ended\",\"exitCode\":null,\"signal\":null");
        assertThat(new String(
                        OutputFrames.ended(Exit.newBuilder()
                                .setExitCode(-1)
                                .setSignal("HUP")
                                .build()),
                        java.nio.charset.StandardCharsets.UTF_8))
                .contains("\"exitCode\":-1,\"signal\":\"HUP\"");
    }

    @Test
    void what_a_viewer_has_is_cut_off_wherever_its_mark_stands() {
        RawFrame frame = RawFrame.newBuilder()
                .addChunks(data(0, 1, "abcd"))
                .addChunks(marker(4, 2, Marker.newBuilder().setResize(size(100, 30))))
                .addChunks(data(4, 2, "ef"))
                .build();
        assertThat(texts(OutputFrames.of(frame, mark(2, 1))))
                .containsExactly(
                        "{\"type\":\"output\",\"offset\":2,\"data\":\"Y2Q=\"",
                        "{\"type\":\"resized\",\"cols\":100,\"rows\":30",
                        "{\"type\":\"output\",\"offset\":4,\"data\":\"ZWY=\"");
        assertThat(texts(OutputFrames.of(frame, mark(4, 1)))).hasSize(2);
        assertThat(texts(OutputFrames.of(frame, mark(4, 2))))
                .containsExactly("{\"type\":\"output\",\"offset\":4,\"data\":\"ZWY=\"");
        assertThat(OutputFrames.of(frame, mark(6, 2))).isEmpty();
    }

    @Test
    void lines_that_do_not_follow_each_other_become_several_frames() {
        LinesFrame frame = LinesFrame.newBuilder()
                .addLines(line(3, "three"))
                .addLines(line(4, "fo\"ur"))
                .addLines(line(9, "nine"))
                .setFinal(8)
                .setNextLine(10)
                .setResized(size(90, 20))
                .setEnded(Exit.newBuilder().setExitCode(1))
                .build();
        assertThat(texts(OutputFrames.of(frame)))
                .containsExactly(
                        "{\"type\":\"resized\",\"cols\":90,\"rows\":20",
                        "{\"type\":\"lines\",\"firstLine\":3,\"lines\":[\"three\",\"fo\\\"ur\"],\"final\":8,\"nextLine\":10",
                        "{\"type\":\"lines\",\"firstLine\":9,\"lines\":[\"nine\"],\"final\":8,\"nextLine\":10",
                        "{\"type\":\"ended\",\"exitCode\":1,\"signal\":null,\"reason\":null");
    }

    @Test
    void lines_that_were_taken_away_are_told_by_a_frame_without_lines() {
        LinesFrame frame = LinesFrame.newBuilder().setFinal(2).setNextLine(3).build();
        assertThat(texts(OutputFrames.of(frame)))
                .containsExactly("{\"type\":\"lines\",\"firstLine\":3,\"lines\":[],\"final\":2,\"nextLine\":3");
    }

    @Test
    void no_frame_of_lines_grows_far_beyond_its_bound() {
        LinesFrame.Builder frame = LinesFrame.newBuilder();
        for (int i = 0; i < 100; i++) {
            frame.addLines(line(i, "x".repeat(5_000)));
        }
        List<byte[]> bodies = OutputFrames.of(frame.setNextLine(100).build());
        assertThat(bodies).hasSizeGreaterThan(10).allMatch(body -> body.length < Frames.FRAME_BYTES + 6_000);
    }

    private static List<String> texts(List<byte[]> bodies) {
        return bodies.stream()
                .map(body -> new String(body, StandardCharsets.UTF_8))
                .toList();
    }

    private static Mark mark(long offset, long marker) {
        return Mark.newBuilder().setOffset(offset).setMarkerNumber(marker).build();
    }

    private static Line line(long number, String text) {
        return Line.newBuilder().setNumber(number).setText(text).build();
    }

    private static WindowSize size(int cols, int rows) {
        return WindowSize.newBuilder().setCols(cols).setRows(rows).build();
    }

    private static OutputChunk data(long offset, long marker, String text) {
        return OutputChunk.newBuilder()
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setData(ByteString.copyFromUtf8(text))
                .build();
    }

    private static OutputChunk marker(long offset, long number, Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker)
                .build();
    }
}
