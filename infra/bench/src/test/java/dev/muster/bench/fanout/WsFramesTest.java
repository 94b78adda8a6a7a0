package dev.muster.bench.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class WsFramesTest {
    @Test
    void frames_of_every_length_arrive_whole_wherever_they_are_split() {
        List<String> texts =
                Stream.of(0, 5, 125, 126, 300, 65_535, 65_536).map("x"::repeat).toList();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        texts.forEach(text -> wire.writeBytes(server(WsFrames.TEXT, text)));
        byte[] bytes = wire.toByteArray();
        for (int piece : new int[] {1, 3, 130, 70_000, bytes.length}) {
            assertThat(parsed(bytes, piece)).as("pieces of %d", piece).isEqualTo(texts);
        }
    }

    @Test
    void a_clients_frame_is_masked_and_otherwise_as_a_servers() {
        for (int length : new int[] {0, 125, 126, 65_535, 65_536}) {
            String text = "y".repeat(length);
            byte[] sent = WsFrames.client(WsFrames.PONG, text.getBytes(StandardCharsets.US_ASCII));
            byte[] plain = server(WsFrames.PONG, text);
            int header = plain.length - length;
            assertThat(sent).hasSize(plain.length + 4);
            assertThat(sent[1] & 0x80).isEqualTo(0x80);
            assertThat(sent[1] & 0x7f).isEqualTo(plain[1]);
            assertThat(ByteBuffer.wrap(sent).getInt(header)).isZero();
        }
    }

    private static List<String> parsed(byte[] bytes, int piece) {
        List<String> texts = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
        for (int from = 0; from < bytes.length; from += piece) {
            buffer.put(bytes, from, Math.min(piece, bytes.length - from));
            buffer.flip();
            WsFrames.parse(
                    buffer,
                    (opcode, payload) ->
                            texts.add(StandardCharsets.US_ASCII.decode(payload).toString()));
            buffer.compact();
        }
        return texts;
    }

    private static byte[] server(int opcode, String text) {
        ByteBuffer frame = ByteBuffer.allocate(text.length() + 10).put((byte) (0x80 | opcode));
        if (text.length() < 126) {
            frame.put((byte) text.length());
        } else if (text.length() < 65_536) {
            frame.put((byte) 126).putShort((short) text.length());
        } else {
            frame.put((byte) 127).putLong(text.length());
        }
        frame.put(text.getBytes(StandardCharsets.US_ASCII)).flip();
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }
}
