package dev.muster.fanout.live.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.ByteString;
import dev.muster.contract.errors.CloseCode;
import dev.muster.contract.errors.ErrorCode;
import dev.muster.fanout.live.frames.AttachFrames;
import dev.muster.fanout.live.frames.ClientOp;
import dev.muster.fanout.live.frames.Frames;
import dev.muster.fanout.live.frames.OutputFrames;
import dev.muster.fanout.live.frames.Picture;
import dev.muster.fanout.live.host.StreamLimits;
import dev.muster.fanout.log.tokens.ResumeRefusal;
import dev.muster.fanout.testing.StreamFixture;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.Role;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The published page says what the code does: every example is what is sent, or is understood, to the letter. */
class ProtocolPageTest {
    private static final Pattern EXAMPLE = Pattern.compile("```json (client|server)(?: ([a-z-]+))?\\n(.*)\\n```");
    private static final StreamLimits LIMITS = new StreamLimits(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            16,
            100,
            32 << 10,
            1_000,
            1 << 20,
            512 << 10,
            100,
            200_000,
            1_000,
            Duration.ZERO);

    private final String page = read();

    @Test
    void every_server_frame_is_as_the_page_shows_it() {
        Map<String, String> shown = new LinkedHashMap<>();
        examples("server").forEach(match -> shown.put(match.group(2), match.group(3)));
        byte[] position = Frames.positionTail("AQ");
        byte[] ref = Frames.refTail("t1");
        Map<String, ByteBuffer> sent = new LinkedHashMap<>();
        sent.put("opened", Frames.opened(false, "none", Duration.ofSeconds(5), null));
        sent.put("snapshot", Frames.snapshot(JsonNodeFactory.instance.arrayNode(), "AQ"));
        sent.put("node", Frames.join(Frames.node(StreamFixture.node("alice", 7), Role.ROLE_ADMIN), position));
        sent.put("node-removed", Frames.join(Frames.nodeRemoved(StreamFixture.NODE, 8), position));
        sent.put("task", Frames.join(Frames.task(StreamFixture.task(TaskState.RUNNING)), position));
        sent.put("heartbeat", Frames.heartbeat(Duration.ofSeconds(5), OptionalLong.of(420), OptionalLong.of(1_380)));
        sent.put("lagging", Frames.lagging(1_200, 840_000, 3.5));
        sent.put("caught-up", Frames.join(Frames.caughtUp(0), position));
        sent.put("nodes-gap", Frames.nodesGap("AQ", "behind"));
        sent.put(
                "error",
                Frames.error(
                        "t1",
                        ErrorCode.FORBIDDEN,
                        "Your role on this node is VIEW; this needs WATCH.",
                        "0123456789ab"));
        sent.put(
                "attached",
                Frames.whole(AttachFrames.attached(
                        "t1",
                        StreamFixture.NODE,
                        StreamFixture.TASK,
                        false,
                        Role.ROLE_ADMIN,
                        Picture.of(
                                TerminalHistory.newBuilder()
                                        .addLines(Line.newBuilder().setNumber(40))
                                        .setFinal(52)
                                        .setNextLine(60)
                                        .setSize(WindowSize.newBuilder()
                                                .setCols(80)
                                                .setRows(24))
                                        .build(),
                                true,
                                0))));
        sent.put(
                "lines",
                Frames.join(
                        Frames.lines(List.of(line(58, "$ make"), line(59, "cc -c a.c")), 52, 60)
                                .get(0),
                        ref));
        sent.put("output", Frames.join(Frames.output(4_096, ByteString.copyFromUtf8("hi\r\n")), ref));
        sent.put("repaint", Frames.join(Frames.repaint(4_096, ByteString.copyFromUtf8("\u001b[H")), ref));
        sent.put("resized", Frames.join(Frames.resized(120, 40), ref));
        sent.put(
                "skipped",
                Frames.skipped(
                        "t1",
                        "lines",
                        52,
                        900,
                        "slow",
                        "/api/v1/nodes/" + StreamFixture.NODE + "/history?terminal=" + StreamFixture.TASK
                                + "&after=52&before=900"));
        sent.put("output-gap", Frames.join(Frames.outputGap(5_000, 9_000, "spool-full"), ref));
        sent.put(
                "ended",
                Frames.join(
                        OutputFrames.ended(Exit.newBuilder()
                                .setExitCode(143)
                                .setSignal("TERM")
                                .build()),
                        ref));
        sent.put("input-undelivered", Frames.inputUndelivered("t1", ErrorCode.NOT_CONNECTED.code()));
        Map<String, String> texts = new LinkedHashMap<>();
        sent.forEach((name, frame) ->
                texts.put(name, StandardCharsets.UTF_8.decode(frame).toString()));
        assertThat(shown).containsExactlyInAnyOrderEntriesOf(texts);
    }

    @Test
    void every_client_frame_on_the_page_is_understood_and_each_kind_is_there() throws BadFrameException {
        List<Class<?>> kinds = new ArrayList<>();
        for (MatchResult match : examples("client")) {
            kinds.add(new ClientFrames(LIMITS).parse(match.group(3)).getClass());
        }
        assertThat(kinds).contains(ClientOp.class.getPermittedSubclasses());
    }

    @Test
    void every_close_code_and_every_reason_is_on_the_page() {
        for (CloseCode code : CloseCode.values()) {
            assertThat(page)
                    .contains("| %d | `%s` | %s | %s |"
                            .formatted(
                                    code.code(),
                                    code.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                                    code.reconnect() ? "yes" : "no",
                                    code.when()));
        }
        for (ResumeRefusal refusal : ResumeRefusal.values()) {
            assertThat(page).contains("| `%s` | %s |".formatted(refusal.code(), refusal.when()));
        }
    }

    private List<MatchResult> examples(String side) {
        return EXAMPLE.matcher(page)
                .results()
                .filter(match -> match.group(1).equals(side))
                .toList();
    }

    private static Line line(long number, String text) {
        return Line.newBuilder().setNumber(number).setText(text).build();
    }

    private static String read() {
        try {
            return Files.readString(Path.of("../infra/docs/protocol.md"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
