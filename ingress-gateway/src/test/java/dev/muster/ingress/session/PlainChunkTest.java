package dev.muster.ingress.session;

import static dev.muster.ingress.session.Chunks.TERMINAL;
import static dev.muster.ingress.session.Chunks.data;
import static dev.muster.ingress.session.Chunks.exit;
import static dev.muster.ingress.session.Chunks.gap;
import static dev.muster.ingress.session.Chunks.start;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.agent.v1.OutputChunk;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PlainChunkTest {
    private final PlainChunk plain = new PlainChunk();

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 127, 128, 1L << 40, Long.MAX_VALUE - 100})
    void reads_data_wherever_it_stands(long offset) {
        OutputChunk chunk = data(TERMINAL, offset, 3, 100);
        assertThat(plain.read(chunk.toByteArray())).isTrue();
        assertThat(plain.isOf(TERMINAL.getBytes(StandardCharsets.UTF_8))).isTrue();
        assertThat(plain.isOf("tk_other".getBytes(StandardCharsets.UTF_8))).isFalse();
        assertThat(plain.start()).isEqualTo(Position.startOf(chunk));
        assertThat(plain.end()).isEqualTo(Position.endOf(chunk));
        assertThat(plain.dataBytes()).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_764_600_000_000L, Long.MAX_VALUE})
    void a_time_behind_the_data_is_plain(long readAtMillis) {
        OutputChunk chunk = data(TERMINAL, 7, 3, 100).toBuilder()
                .setReadAtMillis(readAtMillis)
                .build();
        assertThat(plain.read(chunk.toByteArray())).isTrue();
        assertThat(plain.end()).isEqualTo(Position.endOf(chunk));
        assertThat(plain.dataBytes()).isEqualTo(100);
    }

    @Test
    void markers_and_what_is_out_of_range_are_not_plain() {
        assertThat(plain.read(start(TERMINAL).toByteArray())).isFalse();
        assertThat(plain.read(exit(TERMINAL, 5, 2).toByteArray())).isFalse();
        assertThat(plain.read(gap(TERMINAL, 5, 2, 7).toByteArray())).isFalse();
        assertThat(plain.read(data(TERMINAL, -1, 1, 10).toByteArray())).isFalse();
        assertThat(plain.read(data(TERMINAL, Long.MAX_VALUE - 9, 1, 10).toByteArray()))
                .isFalse();
        assertThat(plain.read(data(TERMINAL, 0, -1, 10).toByteArray())).isFalse();
        assertThat(plain.read(data(TERMINAL, 0, 1, 10).toBuilder()
                        .setReadAtMillis(-1)
                        .build()
                        .toByteArray()))
                .isFalse();
        assertThat(plain.read(new byte[0])).isFalse();
    }

    @Test
    void any_bytes_are_read_as_protobuf_reads_them_or_left_to_it() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            byte[] wire =
                    data(TERMINAL, random.nextInt(1 << 20), 1 + random.nextInt(300), 1 + random.nextInt(300))
                            .toBuilder()
                            .setReadAtMillis(random.nextLong() >> random.nextInt(64))
                            .build()
                            .toByteArray();
            for (int changes = random.nextInt(3); changes > 0; changes--) {
                int far = random.nextInt(Math.min(wire.length, 60));
                wire[random.nextBoolean() ? far : wire.length - 1 - far] = (byte) random.nextInt();
            }
            wire = Arrays.copyOf(wire, random.nextInt(8) == 0 ? random.nextInt(wire.length + 1) : wire.length);
            if (plain.read(wire)) {
                assertThat(same(wire)).as("seed %d, step %d", seed, i).isTrue();
            }
        }
    }

    private boolean same(byte[] wire) {
        try {
            OutputChunk chunk = OutputChunk.parseFrom(wire);
            return !chunk.hasMarker()
                    && plain.isOf(chunk.getTerminalIdBytes().toByteArray())
                    && plain.start().equals(Position.startOf(chunk))
                    && plain.end().equals(Position.endOf(chunk))
                    && plain.dataBytes() == chunk.getData().size();
        } catch (InvalidProtocolBufferException e) {
            // not UTF-8: no terminal has such an id
            return !plain.isOf(TERMINAL.getBytes(StandardCharsets.UTF_8));
        }
    }
}
