package dev.muster.fanout.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.Gap;
import dev.muster.proto.agent.v1.Marker;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.Start;
import dev.muster.proto.agent.v1.WindowSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamReaderTest {
    private static final String TERMINAL = "tk_1";

    @Test
    void each_step_is_taken_once_and_in_order() {
        Recorded steps = new Recorded();
        StreamReader reader = new StreamReader(TERMINAL, 0, steps);
        List<OutputChunk> stream = List.of(
                marker(0, 1, Marker.newBuilder().setStart(Start.getDefaultInstance())),
                data(0, 1, "abc"),
                marker(
                        3,
                        2,
                        Marker.newBuilder()
                                .setResize(WindowSize.newBuilder().setCols(9).setRows(3))),
                data(3, 2, "de"),
                marker(5, 3, Marker.newBuilder().setGap(Gap.newBuilder().setBytes(10))),
                data(15, 3, "f"),
                marker(16, 4, Marker.newBuilder().setExit(Exit.newBuilder().setExitCode(7))));

        stream.forEach(chunk -> reader.accept(1, chunk));
        stream.forEach(chunk -> reader.accept(2, chunk));

        assertThat(steps.log).containsExactly("start", "abc", "9x3", "de", "gap 10", "f", "exit 7");
        assertThat(reader.offset()).isEqualTo(16);
    }

    @Test
    void what_was_chunked_anew_is_cut_and_other_terminals_are_passed_over() {
        Recorded steps = new Recorded();
        StreamReader reader = new StreamReader(TERMINAL, 0, steps);

        reader.accept(1, data(0, 0, "abc"));
        reader.accept(1, data(0, 0, "ab"));
        reader.accept(1, data(1, 0, "bcde"));
        reader.accept(1, data(5, 0, "x").toBuilder().setTerminalId("tk_2").build());
        reader.accept(1, data(5, 0, "f"));

        assertThat(steps.log).containsExactly("abc", "de", "f");
    }

    @Test
    void what_lies_beyond_a_hole_is_taken_when_it_comes_again_after_it() {
        Recorded steps = new Recorded();
        StreamReader reader = new StreamReader(TERMINAL, 0, steps);

        reader.accept(1, data(0, 0, "a"));
        reader.accept(1, data(2, 0, "c"));
        reader.accept(1, data(1, 0, "b"));
        reader.accept(1, data(2, 0, "c"));

        assertThat(steps.log).containsExactly("a", "b", "c");
    }

    @Test
    void reading_may_begin_in_the_middle() {
        Recorded steps = new Recorded();
        StreamReader reader = new StreamReader(TERMINAL, 4, steps);

        reader.accept(1, data(0, 1, "ab"));
        reader.accept(1, data(2, 1, "cdef"));
        reader.accept(1, marker(6, 2, Marker.newBuilder().setExit(Exit.getDefaultInstance())));

        assertThat(steps.log).containsExactly("ef", "exit 0");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void however_it_was_chunked_and_repeated_the_bytes_are_the_same(long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[5_000];
        random.nextBytes(bytes);
        long from = random.nextInt(bytes.length);
        RawSteps raw = new RawSteps(bytes.length - from);
        StreamReader reader = new StreamReader(TERMINAL, from, raw);

        int sent = 0;
        while (sent < bytes.length) {
            int start = random.nextInt(sent + 1);
            int end = Math.min(bytes.length, start + 1 + random.nextInt(700));
            reader.accept(
                    1,
                    data(start, 0, "").toBuilder()
                            .setData(ByteString.copyFrom(bytes, start, end - start))
                            .build());
            sent = Math.max(sent, end);
        }

        byte[] expected = java.util.Arrays.copyOfRange(bytes, (int) from, bytes.length);
        assertThat(raw.take().toByteArray()).as("seed %d", seed).isEqualTo(expected);
    }

    @Test
    void raw_bytes_end_at_the_wanted_end_and_cannot_stand_in_for_a_gap() {
        RawSteps raw = new RawSteps(3);

        raw.data(1, ByteString.copyFromUtf8("ab"));
        raw.data(1, ByteString.copyFromUtf8("cd"));
        raw.gap(1, 5);

        assertThat(raw.take().toString(java.nio.charset.StandardCharsets.UTF_8)).isEqualTo("abc");
        assertThatThrownBy(() -> new RawSteps(1).gap(1, 5)).isInstanceOf(MusterException.class);
    }

    private static OutputChunk data(long offset, long marker, String text) {
        return OutputChunk.newBuilder()
                .setTerminalId(TERMINAL)
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setData(ByteString.copyFromUtf8(text))
                .build();
    }

    private static OutputChunk marker(long offset, long number, Marker.Builder marker) {
        return OutputChunk.newBuilder()
                .setTerminalId(TERMINAL)
                .setOffset(offset)
                .setMarkerNumber(number)
                .setMarker(marker)
                .build();
    }

    private static final class Recorded implements Steps {
        final List<String> log = new ArrayList<>();

        @Override
        public void start(long atMillis, Start start) {
            log.add("start");
        }

        @Override
        public void data(long atMillis, ByteString bytes) {
            log.add(bytes.toStringUtf8());
        }

        @Override
        public void resize(long atMillis, WindowSize size) {
            log.add(size.getCols() + "x" + size.getRows());
        }

        @Override
        public void gap(long atMillis, long bytes) {
            log.add("gap " + bytes);
        }

        @Override
        public void exit(long atMillis, Exit exit) {
            log.add("exit " + exit.getExitCode());
        }
    }
}
