package dev.muster.agent.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.agent.SmallDisk;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A crash of the machine may leave any part of what was written: nothing in the spool is forced to the disk. */
class SpoolAfterCrashTest {
    private static final String ONE = "tk_00000000000000000000000001";
    private static final String TWO = "tk_00000000000000000000000002";
    private static final SpoolLimits LIMITS = new SpoolLimits(64 << 20, Long.MAX_VALUE, false);
    private static final WindowSize SIZE =
            WindowSize.newBuilder().setCols(100).setRows(30).build();

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 9, 10})
    void a_gap_stands_for_lost_bytes_before_the_exit(int left) throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, 1);
            append(spool, "0123456789");
            spool.open(ONE).exit(3, "", 2);
        }
        cut("data-0", left);
        String kept = "0123456789".substring(0, left);
        String data = left == 0 ? "" : "D0.1[" + kept + "] ";
        String expected = left == 10
                ? "M1@0 D0.1[0123456789] exit2@10 "
                : "M1@0 " + data + "M2@" + left + "+" + (10 - left) + " exit3@10 ";
        for (int restart = 0; restart < 2; restart++) {
            try (Spool spool = new Spool(dir, LIMITS)) {
                assertThat(log(spool)).isEqualTo(expected);
                assertThat(spool.open(ONE).length()).isEqualTo(10);
                spool.open(ONE).exit(-1, "", 5);
            }
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.ack(ONE, new Position(10, left == 10 ? 2 : 3), false);
            assertThat(spool.heldBytes()).isZero();
        }
        assertThat(dir.resolve(ONE)).doesNotExist();
    }

    @Test
    void lost_bytes_before_other_markers_are_gaps_too_and_the_exit_comes_last() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(SIZE, 1);
            append(spool, "0123");
            spool.open(ONE).resize(SIZE, 2);
            append(spool, "4567");
            spool.open(ONE).resize(SIZE, 3);
            append(spool, "89");
        }
        cut("data-0", 2);
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).exit(-1, "", 4);
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            assertThat(log(spool)).isEqualTo("M1@0 D0.1[01] M2@2+2 M3@4 M4@4+4 M5@8 exit6@8 ");
        }
    }

    @Test
    void no_marker_gets_a_number_that_was_acknowledged() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(SIZE, 1);
            append(spool, "0123");
            spool.open(ONE).resize(SIZE, 2);
            spool.ack(ONE, new Position(4, 2), false);
            append(spool, "45");
        }
        byte[] markers = Files.readAllBytes(dir.resolve(ONE).resolve("markers"));
        Files.write(dir.resolve(ONE).resolve("markers"), Arrays.copyOf(markers, markers.length - 1));
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).exit(-1, "", 4);
            assertThat(log(spool)).isEqualTo("D4.2[45] exit3@6 ");
        }
        // nothing is left but what was acknowledged
        for (String lost : new String[] {"markers", "data-0", "times-0"}) {
            cut(lost, 0);
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).exit(-1, "", 5);
            assertThat(log(spool)).isEqualTo("exit3@4 ");
        }
    }

    @Test
    void bytes_without_a_marker_are_sent_behind_a_start_and_an_end_is_never_alone() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, 1);
            append(spool, "abc");
            spool.open(TWO).start(null, 1);
        }
        cut("markers", 0);
        Files.write(dir.resolve(TWO).resolve("markers"), new byte[0]);
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.abandon(spool.open(ONE), -1, "", 2);
            assertThat(log(spool)).isEqualTo("M1@0 D0.1[abc] exit2@3 ");
            spool.open(TWO).exit(-1, "", 2);
            assertThat(log(spool)).isEqualTo("M1@0 exit2@0 ");
        }
    }

    @Test
    void the_stream_ends_at_a_file_that_is_too_short() throws Exception {
        byte[] block = new byte[DataFiles.FILE_BYTES];
        long end = 3L * block.length;
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, 1);
            for (int i = 0; i < 3; i++) {
                spool.open(ONE).append(block, block.length, 1);
            }
            spool.open(ONE).exit(0, "", 1);
        }
        cut("data-1", 1_000);
        try (Spool spool = new Spool(dir, LIMITS)) {
            long left = block.length + 1_000L;
            assertThat(log(spool)).endsWith(" M2@" + left + "+" + (end - left) + " exit3@" + end + " ");
        }
    }

    @Test
    void files_whose_names_have_no_number_do_not_count() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, 1);
            append(spool, "abc");
        }
        for (String name : new String[] {
            "data-0.bak", "data-", "data--1", "data-01", "data-99999999999999999999", "data-9999999999999", "times-x"
        }) {
            Files.writeString(dir.resolve(ONE).resolve(name), "x");
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            assertThat(log(spool)).isEqualTo("M1@0 D0.1[abc] ");
            spool.open(ONE).exit(0, "", 2);
            spool.ack(ONE, new Position(3, 2), false);
        }
        assertThat(dir.resolve(ONE)).doesNotExist();
    }

    @Test
    void a_terminal_that_is_deleted_gives_its_bytes_back() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "abc");
            assertThat(spool.poll(2)).isNotNull();
            assertThat(spool.heldBytes()).isEqualTo(3);
            spool.abandon(spool.open(ONE), -1, "", 2);
            assertThat(spool.heldBytes()).isZero();
            assertThat(spool.inFlight()).isZero();
        }
    }

    @Test
    void a_marker_that_is_not_on_the_disk_is_not_sent_until_it_is() throws Exception {
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), 1 << 10)) {
            Spool spool = new Spool(small.dir(), LIMITS);
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(SIZE, 1);
            small.fill();
            int markers = 1;
            for (; spool.catchUp(); markers++) {
                terminal.resize(SIZE, 1);
            }
            assertThat(log(spool)).endsWith("M" + (markers - 1) + "@0 ");
            spool.close();
            // another process knows nothing of the last one
            spool = new Spool(small.dir(), LIMITS);
            spool.open(ONE).resize(SIZE, 2);
            spool.rewind();
            assertThat(log(spool)).endsWith("M" + (markers - 1) + "@0 ");
            small.makeRoom();
            assertThat(spool.catchUp()).isTrue();
            assertThat(log(spool)).isEqualTo("M" + markers + "@0 ");
            spool.close();
        }
    }

    private void cut(String name, long length) throws Exception {
        Path file = dir.resolve(ONE).resolve(name);
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(length);
        }
    }

    private static void append(Spool spool, String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        spool.open(ONE).append(bytes, bytes.length, 1);
    }

    private static String log(Spool spool) {
        StringBuilder log = new StringBuilder();
        for (OutputChunk chunk = spool.poll(64 << 10); chunk != null; chunk = spool.poll(64 << 10)) {
            long gap = chunk.getMarker().getGap().getBytes();
            if (chunk.hasMarker()) {
                log.append(chunk.getMarker().hasExit() ? "exit" : "M")
                        .append(chunk.getMarkerNumber())
                        .append('@')
                        .append(chunk.getOffset())
                        .append(gap > 0 ? "+" + gap : "");
            } else {
                log.append('D').append(chunk.getOffset()).append('.').append(chunk.getMarkerNumber());
                if (chunk.getData().size() < 100) {
                    log.append('[').append(chunk.getData().toStringUtf8()).append(']');
                }
            }
            log.append(' ');
        }
        return log.toString();
    }
}
