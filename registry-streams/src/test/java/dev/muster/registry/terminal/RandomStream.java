package dev.muster.registry.terminal;

import com.google.protobuf.ByteString;
import dev.muster.proto.agent.v1.OutputChunk;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A terminal's stream made from a seed, and ways to deliver it: in any pieces, with repeats and with output sent too
 * early.
 */
final class RandomStream {
    private static final String[] PIECES = {
        "compiling module ",
        "ok\r\n",
        "\r\n",
        "\u001b[32mgreen\u001b[0m ",
        "progress 10%\rprogress 99%\r",
        "tab\there ",
        "w\u00fcst \u4e16\u754c ",
        "\u001b[2J\u001b[H",
        "\u001b[3A\u001b[K",
        "a long line that goes on and on, further than the window is wide, ",
        "\u001b[?1049hfull screen\u001b[?1049l",
        "\u001b]0;title\u0007",
        "\n",
        "test passed in 0.3 s\r\n"
    };

    private final Random random;
    private final List<OutputChunk> steps = new ArrayList<>();
    private long offset;
    private long marker;
    private long readAt = 1_699_999_000_000L;

    RandomStream(long seed, int bytes, boolean pty) {
        random = new Random(seed);
        steps.add(pty ? TerminalHarness.startPty(100, 30) : TerminalHarness.start());
        marker = 1;
        while (offset < bytes) {
            if (random.nextInt(100) == 0) {
                steps.add(TerminalHarness.resize(offset, ++marker, 20 + random.nextInt(150), 5 + random.nextInt(60)));
            } else if (random.nextInt(300) == 0) {
                long lost = 1L + random.nextInt(50_000);
                steps.add(TerminalHarness.gap(offset, ++marker, lost));
                offset += lost;
            } else {
                byte[] data = text(1 + random.nextInt(2_000));
                readAt += random.nextInt(4) == 0 ? 1 + random.nextInt(3_000) : 0;
                steps.add(TerminalHarness.data(offset, marker, data).toBuilder()
                        .setReadAtMillis(readAt)
                        .build());
                offset += data.length;
            }
        }
    }

    private byte[] text(int bytes) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (text.size() < bytes) {
            if (random.nextInt(50) == 0) {
                text.write(random.nextInt(256));
            } else {
                text.writeBytes(PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8));
            }
        }
        return text.toByteArray();
    }

    RandomStream ended(int code) {
        steps.add(TerminalHarness.exit(offset, ++marker, code));
        return this;
    }

    /** With times that cannot be, here and there. */
    RandomStream hostile() {
        long[] absurd = {0, -1, 1, 4_102_444_800_000L, Long.MIN_VALUE, Long.MAX_VALUE, 1_699_998_000_000L};
        steps.replaceAll(step -> step.hasMarker() || random.nextInt(10) > 0
                ? step
                : step.toBuilder()
                        .setReadAtMillis(absurd[random.nextInt(absurd.length)])
                        .build());
        return this;
    }

    /** As the agent made them. */
    List<OutputChunk> steps() {
        return steps;
    }

    /** The same stream in other pieces. */
    static List<OutputChunk> cut(List<OutputChunk> steps, Random random, int pieceMax) {
        List<OutputChunk> pieces = new ArrayList<>();
        for (OutputChunk step : steps) {
            int last = pieces.size() - 1;
            if (step.hasMarker()) {
                pieces.add(step);
            } else if (last >= 0
                    && !pieces.get(last).hasMarker()
                    && pieces.get(last).getReadAtMillis() == step.getReadAtMillis()
                    && random.nextInt(3) == 0) {
                OutputChunk before = pieces.remove(last);
                split(
                        before.toBuilder()
                                .setData(before.getData().concat(step.getData()))
                                .build(),
                        pieces,
                        random,
                        pieceMax);
            } else {
                split(step, pieces, random, pieceMax);
            }
        }
        return pieces;
    }

    private static void split(OutputChunk step, List<OutputChunk> pieces, Random random, int pieceMax) {
        ByteString data = step.getData();
        int from = 0;
        while (from < data.size()) {
            int to = Math.min(data.size(), from + 1 + random.nextInt(pieceMax));
            pieces.add(step.toBuilder()
                    .setOffset(step.getOffset() + from)
                    .setData(data.substring(from, to))
                    .build());
            from = to;
        }
    }

    /** Goes back to an earlier piece now and then, and sends pieces too early, before they come in their place. */
    static List<OutputChunk> disturbed(List<OutputChunk> pieces, Random random) {
        List<OutputChunk> sent = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            sent.add(pieces.get(i));
            if (random.nextInt(40) == 0 && i + 3 < pieces.size()) {
                sent.add(pieces.get(i + 2));
                sent.add(pieces.get(i + 3));
            }
            if (random.nextInt(60) == 0) {
                i = Math.max(0, i - random.nextInt(20)) - 1;
            }
        }
        return sent;
    }

    /** In records of random size. */
    static void deliver(TerminalHarness app, List<OutputChunk> chunks, Random random, int perRecordMax) {
        int from = 0;
        while (from < chunks.size()) {
            int to = Math.min(chunks.size(), from + 1 + random.nextInt(perRecordMax));
            app.outputOf(TerminalHarness.NODE, TerminalHarness.AGENT, chunks.subList(from, to));
            from = to;
        }
    }
}
