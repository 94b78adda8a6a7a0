package dev.muster.agent.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.agent.SmallDisk;
import dev.muster.agent.disk.Disk;
import dev.muster.proto.agent.v1.Exit;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.agent.v1.WindowSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpoolTest {
    private static final String ONE = "tk_00000000000000000000000001";
    private static final String TWO = "tk_00000000000000000000000002";

    private static final SpoolLimits LIMITS = new SpoolLimits(64 << 20, Long.MAX_VALUE, false);

    @TempDir
    Path dir;

    @Test
    void sends_markers_where_they_stand_among_the_bytes() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(WindowSize.newBuilder().setCols(80).setRows(24).build(), 1);
            append(terminal, "ab");
            terminal.resize(WindowSize.newBuilder().setCols(100).setRows(30).build(), 2);
            append(terminal, "c");
            terminal.exit(3, "", 4);

            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.log).isEqualTo("M1@0 D0.1[ab] M2@2 D2.2[c] M3@3 ");
            assertThat(seen.exit.getExitCode()).isEqualTo(3);
        }
    }

    @Test
    void sends_again_what_was_not_acknowledged_after_a_new_connection() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            append(terminal, "abcdef");
            new Reassembled().takeAll(spool);
            spool.ack(ONE, new Position(4, 0), false);

            spool.rewind();
            Reassembled again = new Reassembled();
            again.takeAll(spool);
            assertThat(again.log).isEqualTo("D4.0[ef] ");
        }
    }

    @Test
    void what_was_not_acknowledged_survives_the_process() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, 1);
            append(terminal, "abc");
            spool.ack(ONE, new Position(0, 1), false);
        }
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            spool.open(ONE).exit(0, "", 2);
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.log).isEqualTo("D0.1[abc] M2@3 ");
        }
    }

    @Test
    void a_marker_cut_off_by_a_crash_is_left_out() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, 1);
            append(terminal, "abc");
            terminal.exit(0, "", 2);
        }
        Path markers = dir.resolve(ONE).resolve("markers");
        byte[] whole = Files.readAllBytes(markers);
        Files.write(markers, java.util.Arrays.copyOf(whole, whole.length - 1));
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            assertThat(spool.open(ONE).exited()).isEmpty();
            spool.open(ONE).exit(7, "", 3);
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.exit.getExitCode()).isEqualTo(7);
        }
    }

    @Test
    void a_terminal_that_cannot_be_opened_leaves_nothing_and_holds_up_no_other() throws Exception {
        // a terminal takes four
        try (SmallDisk small = SmallDisk.withFiles(dir.resolve("small"), 4 + 2);
                Spool spool = new Spool(small.dir(), LIMITS)) {
            append(spool.open(ONE), "abc");
            assertThatThrownBy(() -> spool.open(TWO)).isInstanceOf(IOException.class);
            assertThat(small.dir().resolve(TWO)).doesNotExist();
            assertThat(spool.terminals()).hasSize(1);
        }
        Files.createDirectories(dir.resolve("full").resolve(ONE).resolve("acked"));
        try (Spool spool = new Spool(dir.resolve("full"), LIMITS)) {
            assertThat(spool.terminals()).isEmpty();
            append(spool.open(TWO), "abc");
            assertThatThrownBy(() -> spool.open(ONE)).isInstanceOf(IOException.class);
            assertThat(dir.resolve("full").resolve(ONE).resolve("acked")).isDirectory();
        }
    }

    @Test
    void what_cannot_be_written_whole_is_not_there_after_a_restart_though_a_file_was_begun_for_it() throws Exception {
        byte[] most = new byte[DataFiles.FILE_BYTES - 10_000];
        byte[] more = new byte[20_000];
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), (DataFiles.FILE_BYTES >> 10) + 12)) {
            Spool spool = new Spool(small.dir(), LIMITS);
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, 1);
            terminal.append(most, most.length, 1);
            terminal.stopWaiting();
            terminal.append(more, more.length, 1);
            assertThat(small.dir().resolve(ONE).resolve("data-1")).doesNotExist();
            spool.close();
            spool = new Spool(small.dir(), LIMITS);
            assertThat(spool.open(ONE).length()).isEqualTo(most.length);
            append(spool.open(ONE), "abc");
            spool.open(ONE).exit(0, "", 2);
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.bytes.size()).isEqualTo(most.length + 3);
            assertThat(seen.log).endsWith("M2@" + (most.length + 3) + " ");
            spool.close();
        }
    }

    /** As an older agent has left it: it did not cut off again what it could not write whole. */
    @Test
    void bytes_behind_the_exit_are_no_part_of_the_stream() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            TerminalSpool terminal = spool.open(ONE);
            append(terminal, "abc");
            terminal.exit(0, "", 2);
        }
        Files.writeString(dir.resolve(ONE).resolve("data-0"), "abcdef");
        Files.writeString(dir.resolve(ONE).resolve("data-1"), "ghi");
        try (Spool spool = new Spool(dir, LIMITS)) {
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.log).isEqualTo("D0.0[abc] M1@3 ");
            spool.ack(ONE, seen.position, false);
            assertThat(dir.resolve(ONE)).doesNotExist();
        }
    }

    @Test
    void no_file_is_deleted_before_it_is_written_down_that_it_was_acknowledged() throws Exception {
        byte[] block = new byte[DataFiles.FILE_BYTES];
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), 6 << 10)) {
            Spool spool = new Spool(small.dir(), LIMITS);
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, 1);
            terminal.append(block, block.length, 1);
            terminal.append(block, 100_000, 1);
            small.fill();
            long marker = 1;
            for (; spool.catchUp(); marker++) {
                terminal.resize(WindowSize.newBuilder().setCols(80).build(), 1);
            }
            spool.ack(ONE, new Position(block.length + 100_000, marker), false);
            spool.close();
            spool = new Spool(small.dir(), LIMITS);
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.bytes.size()).isEqualTo(block.length + 100_000);
            spool.close();
        }
    }

    @Test
    void the_first_acknowledgement_on_a_full_disk_makes_room() throws Exception {
        byte[] block = new byte[DataFiles.FILE_BYTES];
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), 6 << 10);
                Spool spool = new Spool(small.dir(), LIMITS)) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.append(block, block.length, 1);
            terminal.append(block, 5_000, 1);
            small.fill();
            spool.ack(ONE, new Position(block.length + 5_000, 0), false);
            terminal.append(block, 3 << 20, 1);
            assertThat(terminal.length()).isEqualTo(block.length + 5_000 + (3 << 20));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_was_acknowledged_makes_room_for_another_terminal(boolean alsoForMarkers) throws Exception {
        byte[] block = new byte[3 << 20];
        Disk disk = new Disk();
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), 6 << 10);
                Spool spool = new Spool(small.dir(), LIMITS, disk)) {
            TerminalSpool one = spool.open(ONE);
            one.append(block, block.length, 1);
            TerminalSpool two = spool.open(TWO);
            small.fill();
            long markers = 0;
            while (alsoForMarkers && spool.catchUp()) {
                one.resize(WindowSize.newBuilder().setCols(80).build(), 1);
                markers++;
            }
            Thread writer = new Thread(() -> {
                try {
                    two.append(block, block.length - 100_000, 1);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            writer.start();
            await().until(() -> !disk.problem().isEmpty());
            spool.ack(ONE, new Position(block.length, markers), false);
            await().until(() -> spool.catchUp() && two.length() > 0);
            writer.join();
            assertThat(two.length()).isEqualTo(block.length - 100_000);
        }
    }

    /** As an older agent has left it: it deleted what was acknowledged before that was written down. */
    @Test
    void what_was_acknowledged_and_deleted_is_not_asked_for_again() throws Exception {
        byte[] block = new byte[DataFiles.FILE_BYTES];
        byte[] before;
        try (Spool spool = new Spool(dir, LIMITS)) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, 1);
            terminal.append(block, 100, 1);
            spool.ack(ONE, new Position(0, 1), false);
            before = Files.readAllBytes(dir.resolve(ONE).resolve("acked"));
            terminal.resize(WindowSize.newBuilder().setCols(80).build(), 2);
            terminal.append(block, block.length, 2);
            append(terminal, "abc");
            spool.ack(ONE, new Position(100 + block.length, 2), false);
            assertThat(dir.resolve(ONE).resolve("data-0")).doesNotExist();
        }
        Files.write(dir.resolve(ONE).resolve("acked"), before);
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).exit(0, "", 3);
            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.bytes.size()).isEqualTo(103);
            assertThat(seen.log).endsWith("M3@" + (100 + block.length + 3) + " ");
        }
    }

    @Test
    void a_finished_and_acknowledged_terminal_leaves_nothing_on_disk() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(1 << 20, Long.MAX_VALUE, false))) {
            append(spool.open(ONE), "abc");
            spool.open(ONE).exit(0, "", 1);
            spool.ack(ONE, new Position(3, 1), false);
            assertThat(dir.resolve(ONE)).doesNotExist();
            assertThat(spool.heldBytes()).isZero();
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_writer_and_acknowledgements_at_full_speed_never_wait_for_each_other_for_ever() throws Exception {
        int blocks = 200_000;
        try (Spool spool = new Spool(dir, new SpoolLimits(4 * Budget.RESERVED_BYTES, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            Thread writer = new Thread(() -> {
                byte[] block = new byte[16];
                try {
                    for (int i = 0; i < blocks; i++) {
                        terminal.append(block, block.length, 1);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            writer.start();
            for (long acked = 0; acked < 16L * blocks; ) {
                acked = terminal.length();
                spool.ack(ONE, new Position(acked, 0), false);
            }
            writer.join();
            assertThat(terminal.held()).isZero();
        }
    }

    @Test
    void a_full_spool_makes_the_writer_wait_until_bytes_are_acknowledged() throws Exception {
        long max = 4 * Budget.RESERVED_BYTES;
        try (Spool spool = new Spool(dir, new SpoolLimits(max, Long.MAX_VALUE, false))) {
            TerminalSpool terminal = spool.open(ONE);
            Thread writer = new Thread(() -> {
                byte[] block = new byte[16 << 10];
                try {
                    for (int i = 0; i < 64; i++) {
                        terminal.append(block, block.length, 1);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            writer.start();
            await().until(() -> writer.getState() == Thread.State.WAITING);
            assertThat(spool.heldBytes()).isLessThanOrEqualTo(max);
            append(spool.open(TWO), "a quiet terminal is not silenced by a chatty one");

            while (writer.isAlive()) {
                spool.ack(ONE, new Position(terminal.length(), 0), false);
            }
            writer.join();
            assertThat(terminal.length()).isEqualTo(64L * (16 << 10));
        }
    }

    @Test
    void as_long_as_acknowledgements_come_a_process_is_not_read_far_ahead_of_them() throws Exception {
        AtomicLong now = new AtomicLong();
        long ahead = 128 << 10;
        try (Spool spool =
                new Spool(dir, new SpoolLimits(1 << 30, ahead, false), now::get, new dev.muster.agent.disk.Disk())) {
            TerminalSpool terminal = spool.open(ONE);
            append(terminal, "x");
            spool.ack(ONE, new Position(1, 0), false);
            Thread writer = new Thread(() -> {
                byte[] block = new byte[16 << 10];
                try {
                    for (int i = 0; i < 32; i++) {
                        terminal.append(block, block.length, 1);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            writer.start();
            await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
            assertThat(terminal.held()).isEqualTo(ahead);
            spool.ack(ONE, new Position(1 + (16 << 10), 0), false);
            await().until(() -> terminal.length() == 1 + ahead + (16 << 10));
            append(spool.open(TWO), "another terminal does not wait");
            assertThat(writer.isAlive()).isTrue();

            now.addAndGet(Budget.ACKS_STOPPED_NANOS + 1);

            writer.join();
            assertThat(terminal.held()).isEqualTo(31L * (16 << 10));
        }
    }

    @Test
    void a_spool_that_drops_says_how_much_was_lost() throws Exception {
        try (Spool spool = new Spool(dir, new SpoolLimits(Budget.RESERVED_BYTES, Long.MAX_VALUE, true))) {
            TerminalSpool terminal = spool.open(ONE);
            byte[] block = new byte[(int) Budget.RESERVED_BYTES];
            terminal.append(block, block.length, 1);
            terminal.append(block, 100, 1);
            terminal.append(block, 11, 1);
            spool.ack(ONE, new Position(block.length, 0), false);
            append(terminal, "back");

            Reassembled seen = new Reassembled();
            seen.takeAll(spool);
            assertThat(seen.log).isEqualTo("M1@65536+111 D65647.1[back] ");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatever_is_acknowledged_sent_again_or_restarted_the_stream_is_the_same(long seed) throws Exception {
        Random random = new Random(seed);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        Reassembled seen = new Reassembled();
        Spool spool = new Spool(dir, new SpoolLimits(1L << 30, Long.MAX_VALUE, false));
        for (int step = 0; step < 2_000; step++) {
            TerminalSpool terminal = spool.open(ONE);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    byte[] bytes = new byte[random.nextInt(30_000)];
                    random.nextBytes(bytes);
                    terminal.append(bytes, bytes.length, step);
                    written.write(bytes);
                }
                case 3 -> terminal.resize(WindowSize.newBuilder().setCols(step).build(), step);
                case 4, 5 -> seen.take(spool, random.nextInt(20));
                case 6 -> spool.ack(ONE, seen.position, random.nextBoolean());
                default -> {
                    if (random.nextInt(10) == 0) {
                        spool.close();
                        spool = new Spool(dir, new SpoolLimits(1L << 30, Long.MAX_VALUE, false));
                    } else {
                        spool.rewind();
                    }
                }
            }
        }
        seen.takeAll(spool);
        spool.close();
        assertThat(seen.bytes.toByteArray()).as("seed %d", seed).isEqualTo(written.toByteArray());
    }

    private static void append(TerminalSpool terminal, String text) throws InterruptedException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        terminal.append(bytes, bytes.length, 1);
    }

    /** Takes steps as a gateway would: in order, without repeats. */
    private static final class Reassembled {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private Position position = Position.START;
        private Exit exit = Exit.getDefaultInstance();
        private String log = "";

        void takeAll(Spool spool) throws IOException {
            take(spool, Integer.MAX_VALUE);
        }

        void take(Spool spool, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                OutputChunk chunk = spool.poll(16 << 10);
                if (chunk == null) {
                    return;
                }
                if (chunk.hasMarker()) {
                    long gap = chunk.getMarker().getGap().getBytes();
                    log += "M" + chunk.getMarkerNumber() + "@" + chunk.getOffset() + (gap > 0 ? "+" + gap : "") + " ";
                    exit = chunk.getMarker().hasExit() ? chunk.getMarker().getExit() : exit;
                    advance(new Position(chunk.getOffset() + gap, chunk.getMarkerNumber()));
                } else {
                    if (chunk.getData().size() < 100) {
                        log += "D" + chunk.getOffset() + "." + chunk.getMarkerNumber() + "["
                                + chunk.getData().toStringUtf8() + "] ";
                    }
                    long end = chunk.getOffset() + chunk.getData().size();
                    if (end > position.offset()) {
                        int skip = (int) Math.max(0, position.offset() - chunk.getOffset());
                        bytes.writeBytes(chunk.getData().substring(skip).toByteArray());
                    }
                    advance(new Position(end, chunk.getMarkerNumber()));
                }
            }
        }

        private void advance(Position to) {
            if (to.compareTo(position) > 0) {
                position = to;
            }
        }
    }
}
