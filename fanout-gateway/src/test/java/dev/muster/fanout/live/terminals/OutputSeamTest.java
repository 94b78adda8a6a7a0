package dev.muster.fanout.live.terminals;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.json.Json;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Picture;
import dev.muster.fanout.live.terminals.OutputSeam.Step;
import dev.muster.fanout.log.tokens.ResumeTokens.TerminalPoint;
import dev.muster.proto.records.v1.LinesFrame;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.RawFrame;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.Skipped;
import dev.muster.proto.records.v1.TerminalViewRecord;
import dev.muster.proto.records.v1.WatchMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputSeamTest {
    private static final TerminalPoint OF_TOKEN = new TerminalPoint(WatchMode.WATCH_MODE_TEXT, "tk_1", 50, 1, 5);

    @ParameterizedTest
    @CsvSource({
        // the client was shown what came up to 100, marker 3
        "0,   1, 100, 3, KNOWN, KNOWN",
        "100, 3, 100, 3, KNOWN, KNOWN",
        "100, 3, 120, 3, WHOLE, WHOLE",
        "100, 3, 100, 4, WHOLE, WHOLE",
        // lines are upserts: those that it has are shown again; bytes are not
        "90,  3, 120, 3, WHOLE, CUT",
        "100, 2, 120, 4, WHOLE, CUT",
        "101, 3, 120, 3, MISSING, MISSING",
        "100, 4, 120, 4, MISSING, MISSING"
    })
    void a_record_goes_on_from_what_was_shown(
            long from, long fromMarker, long to, long toMarker, Step lines, Step raw) {
        OutputSeam seam = shown(picture(0, 10));
        TerminalViewRecord.Builder record =
                TerminalViewRecord.newBuilder().setFrom(mark(from, fromMarker)).setTo(mark(to, toMarker));
        assertThat(seam.step(record.setLines(LinesFrame.getDefaultInstance()).build()))
                .isEqualTo(lines);
        assertThat(seam.step(record.setRaw(RawFrame.getDefaultInstance()).build()))
                .isEqualTo(raw);
    }

    @Test
    void what_was_passed_is_known_and_what_follows_goes_on_from_there() {
        OutputSeam seam = shown(picture(0, 10));
        TerminalViewRecord record = lines(100, 120, 12);
        seam.passed(record);
        assertThat(seam.step(record)).isEqualTo(Step.KNOWN);
        assertThat(seam.step(lines(120, 121, 12))).isEqualTo(Step.WHOLE);
        assertThat(seam.known().finalLine()).isEqualTo(12);
        assertThat(seam.point()).isEqualTo(new TerminalPoint(WatchMode.WATCH_MODE_TEXT, "tk_1", 120, 3, 12));
    }

    @Test
    void what_lies_between_two_pictures_is_told_with_its_reason() throws IOException {
        OutputSeam seam = shown(picture(0, 10));
        TerminalViewRecord left = lines(100, 120, 12).toBuilder()
                .setSkipped(Skipped.newBuilder().setReason("rate"))
                .build();
        assertThat(seam.step(left)).isEqualTo(Step.MISSING);
        seam.missed(left);
        Picture next = picture(30, 40);
        assertThat(seam.introduction(Role.ROLE_WATCH, next)).isNull();
        JsonNode skipped = json(seam.skipped(next));
        assertThat(skipped.path("reason").asText()).isEqualTo("rate");
        assertThat(skipped.path("from").asInt()).isEqualTo(10);
        assertThat(skipped.path("to").asInt()).isEqualTo(30);
        seam.showed(next);
        assertThat(seam.skipped(picture(40, 50))).isNull();
        assertThat(json(seam.skipped(picture(41, 50))).path("reason").asText()).isEqualTo("missing");
        seam.missed(lines(999, 1_000, 1));
        assertThat(json(seam.skipped(picture(41, 50))).path("reason").asText()).isEqualTo("missing");
    }

    @Test
    void the_first_picture_is_introduced_and_begins_where_the_token_says() throws IOException {
        OutputSeam seam = seam(true, OF_TOKEN);
        assertThat(seam.isIntroduced()).isFalse();
        assertThat(seam.known()).isEqualTo(new PictureReader.Known(false, 0, OF_TOKEN));
        assertThat(seam.point()).isEqualTo(OF_TOKEN);
        Picture first = picture(8, 10);
        assertThat(json(seam.introduction(Role.ROLE_WATCH, first)).path("type").asText())
                .isEqualTo("attached");
        JsonNode skipped = json(seam.skipped(first));
        assertThat(skipped.path("reason").asText()).isEqualTo("resumed");
        assertThat(skipped.path("from").asInt()).isEqualTo(5);
        seam.showed(first);
        assertThat(seam.known().again()).isTrue();
    }

    @Test
    void who_does_not_resume_has_nothing_and_misses_nothing() {
        OutputSeam seam = seam(false, OF_TOKEN);
        assertThat(seam.point()).isNull();
        assertThat(seam.skipped(picture(8, 10))).isNull();
    }

    private static OutputSeam seam(boolean resume, @Nullable TerminalPoint point) {
        OutputSeam seam = new OutputSeam(
                new ClientOp.Attach("a", "nd_1", null, WatchMode.WATCH_MODE_TEXT, 10, resume),
                (terminal, mode) -> point);
        seam.begin("tk_1");
        return seam;
    }

    private static OutputSeam shown(Picture picture) {
        OutputSeam seam = seam(false, null);
        seam.showed(picture);
        return seam;
    }

    /** A terminal that printed 100 bytes and has 3 markers. */
    private static Picture picture(long firstLine, long finalLine) {
        return new Picture(firstLine, finalLine, finalLine + 1, null, mark(100, 3), null, List.of());
    }

    private static TerminalViewRecord lines(long from, long to, long finalLine) {
        return TerminalViewRecord.newBuilder()
                .setFrom(mark(from, 3))
                .setTo(mark(to, 3))
                .setLines(LinesFrame.newBuilder().setFinal(finalLine))
                .build();
    }

    private static Mark mark(long offset, long marker) {
        return Mark.newBuilder().setOffset(offset).setMarkerNumber(marker).build();
    }

    private static JsonNode json(@Nullable ByteBuffer frame) throws IOException {
        if (frame == null) {
            throw new AssertionError("no frame");
        }
        return Json.MAPPER.readTree(StandardCharsets.UTF_8.decode(frame).toString());
    }
}
