package dev.muster.agent.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.agent.SmallDisk;
import dev.muster.proto.agent.v1.OutputChunk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimesTest {
    private static final String ONE = "tk_00000000000000000000000001";
    private static final SpoolLimits LIMITS = new SpoolLimits(64 << 20, Long.MAX_VALUE, false);
    private static final long NOW = 1_764_600_000_000L;

    @TempDir
    Path dir;

    @Test
    void output_has_the_time_at_which_it_was_read_and_busy_output_is_not_cut_into_small_pieces() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "a", NOW);
            append(spool, "b", NOW + Times.STEP_MILLIS - 1);
            append(spool, "c", NOW + Times.STEP_MILLIS);
            append(spool, "d", NOW + Times.STEP_MILLIS + 5);
            append(spool, "e", NOW + 1_000);
            assertThat(log(spool)).isEqualTo("ab@0 cd@10 e@1000 ");
        }
    }

    @Test
    void the_same_times_are_sent_again_after_a_reconnect_and_after_a_restart() throws Exception {
        String all = "M ab@0 cd@10 e@70 ";
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, NOW);
            append(spool, "ab", NOW);
            append(spool, "cd", NOW + 10);
            assertThat(log(spool)).isEqualTo("M ab@0 cd@10 ");
            append(spool, "e", NOW + 70);
            assertThat(log(spool)).isEqualTo("e@70 ");
            spool.rewind();
            assertThat(log(spool)).isEqualTo(all);
        }
        for (int restart = 0; restart < 2; restart++) {
            try (Spool spool = new Spool(dir, LIMITS)) {
                assertThat(log(spool)).isEqualTo(all);
            }
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.ack(ONE, new Position(3, 1), true);
            assertThat(log(spool)).isEqualTo("d@10 e@70 ");
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            // another process: its clock need not go on from the last one's
            append(spool, "f", NOW + 71);
            append(spool, "g", NOW - 3_600_000);
            spool.rewind();
            assertThat(log(spool)).isEqualTo("d@10 e@70 f@71 g@-3600000 ");
        }
    }

    @Test
    void what_an_older_agent_has_left_has_no_time_and_what_follows_has_one() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, NOW);
            append(spool, "abc", NOW);
        }
        Files.delete(times(0));
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "def", NOW + 5);
            assertThat(log(spool)).isEqualTo("M abc@? def@5 ");
        }
    }

    @Test
    void a_torn_pair_and_pairs_of_bytes_that_are_not_there_are_left_out() throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            spool.open(ONE).start(null, NOW);
            append(spool, "ab", NOW);
            append(spool, "cd", NOW + 10);
            append(spool, "ef", NOW + 20);
        }
        byte[] whole = Files.readAllBytes(times(0));
        assertThat(whole).hasSize(24);
        Files.write(times(0), Arrays.copyOf(whole, 19));
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "gh", NOW + 30);
            assertThat(log(spool)).isEqualTo("M ab@0 cdef@10 gh@30 ");
        }
        // as a crash of the machine leaves it: a longer file, and zeros at its end
        Files.write(times(0), Arrays.copyOf(whole, 64));
        Files.writeString(dir.resolve(ONE).resolve("data-0"), "abcd");
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "ij", NOW + 40);
            assertThat(log(spool)).isEqualTo("M ab@0 cd@10 ij@40 ");
        }
        Files.write(times(0), new byte[5]);
        try (Spool spool = new Spool(dir, LIMITS)) {
            assertThat(log(spool)).isEqualTo("M abcdij@? ");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 42})
    void a_time_that_cannot_be_written_is_unknown(long odd) throws Exception {
        try (Spool spool = new Spool(dir, LIMITS)) {
            append(spool, "a", NOW);
            append(spool, "b", odd);
            append(spool, "c", NOW + 3);
            assertThat(log(spool)).isEqualTo("a@0 b@? c@3 ");
        }
    }

    @Test
    void files_of_times_are_deleted_with_the_bytes_and_each_begins_with_a_time() throws Exception {
        byte[] block = new byte[DataFiles.FILE_BYTES];
        try (Spool spool = new Spool(dir, LIMITS)) {
            TerminalSpool terminal = spool.open(ONE);
            terminal.start(null, NOW);
            append(spool, "abc", NOW);
            terminal.append(block, block.length, NOW + 100);
            terminal.append(block, block.length, NOW + 200);
            assertThat(times(2)).exists();
            spool.ack(ONE, new Position(block.length, 1), true);
            assertThat(times(0)).doesNotExist();
            assertThat(Objects.requireNonNull(spool.poll(100)).getReadAtMillis())
                    .isEqualTo(NOW + 100);
        }
        try (Spool spool = new Spool(dir, LIMITS)) {
            long readAt = 0;
            for (OutputChunk chunk = spool.poll(1 << 20); chunk != null; chunk = spool.poll(1 << 20)) {
                readAt = chunk.getReadAtMillis();
                assertThat(readAt).isEqualTo(chunk.getOffset() < 3 + block.length ? NOW + 100 : NOW + 200);
            }
            assertThat(readAt).isEqualTo(NOW + 200);
            spool.open(ONE).exit(0, "", NOW);
            spool.ack(ONE, new Position(3 + 2L * block.length, 2), false);
        }
        assertThat(dir.resolve(ONE)).doesNotExist();
    }

    @Test
    void times_that_find_no_room_on_the_disk_lose_no_byte_and_are_unknown() throws Exception {
        // room for the output's file, and none for the file of its times
        try (SmallDisk small = SmallDisk.withFiles(dir.resolve("small"), 5);
                Spool spool = new Spool(small.dir(), LIMITS)) {
            Path other = Files.createFile(small.dir().resolve("other"));
            append(spool, "abc", NOW);
            append(spool, "def", NOW + 50);
            assertThat(log(spool)).isEqualTo("abcdef@? ");
            Files.delete(other);
            append(spool, "ghi", NOW + 100);
            spool.rewind();
            assertThat(log(spool)).isEqualTo("abcdef@? ghi@100 ");
        }
    }

    @Test
    void what_was_acknowledged_makes_room_with_its_times() throws Exception {
        byte[] block = new byte[100_000];
        try (SmallDisk small = SmallDisk.mount(dir.resolve("small"), 1 << 10);
                Spool spool = new Spool(small.dir(), LIMITS)) {
            TerminalSpool terminal = spool.open(ONE);
            long written = 0;
            for (int i = 0; i < 50; i++) {
                terminal.append(block, block.length, NOW + 20L * i);
                written += block.length;
                spool.ack(ONE, new Position(written, 0), false);
            }
            append(spool, "abc", NOW + 2_000);
            spool.ack(ONE, new Position(written, 0), true);
            assertThat(log(spool)).isEqualTo("abc@2000 ");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void every_byte_has_its_time_however_it_is_acknowledged_sent_again_or_restarted(long seed) throws Exception {
        Random random = new Random(seed);
        TreeMap<Long, Long> read = new TreeMap<>();
        long written = 0;
        long sent = 0;
        long now = NOW;
        Spool spool = new Spool(dir, LIMITS);
        spool.open(ONE).start(null, NOW);
        for (int step = 0; step < 3_000; step++) {
            switch (random.nextInt(6)) {
                case 0, 1, 2 -> {
                    byte[] bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(60_000) : 1 + random.nextInt(50)];
                    now += random.nextInt(12);
                    if (bytes.length > 0) {
                        spool.open(ONE).append(bytes, bytes.length, now);
                        read.put(written, now);
                        written += bytes.length;
                    }
                }
                case 3 -> {
                    for (int i = random.nextInt(30); i > 0; i--) {
                        sent = Math.max(sent, check(spool.poll(1 + random.nextInt(32 << 10)), read, seed));
                    }
                }
                case 4 -> spool.ack(ONE, new Position(sent, 1), random.nextBoolean());
                default -> {
                    if (random.nextInt(8) == 0) {
                        spool.close();
                        spool = new Spool(dir, LIMITS);
                    } else {
                        spool.rewind();
                    }
                }
            }
        }
        for (OutputChunk chunk = spool.poll(32 << 10); chunk != null; chunk = spool.poll(32 << 10)) {
            sent = Math.max(sent, check(chunk, read, seed));
        }
        spool.close();
        assertThat(sent).isEqualTo(written);
    }

    private static long check(
            @org.jspecify.annotations.Nullable OutputChunk chunk, NavigableMap<Long, Long> read, long seed) {
        if (chunk == null || chunk.hasMarker()) {
            return 0;
        }
        long end = chunk.getOffset() + chunk.getData().size();
        for (long offset : new long[] {chunk.getOffset(), end - 1}) {
            Map.Entry<Long, Long> piece = read.floorEntry(offset);
            assertThat(piece.getValue() - chunk.getReadAtMillis())
                    .as("seed %d, offset %d", seed, offset)
                    .isBetween(0L, Times.STEP_MILLIS - 1);
        }
        return end;
    }

    private Path times(int number) {
        return dir.resolve(ONE).resolve("times-" + number);
    }

    private static void append(Spool spool, String text, long atMillis) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        spool.open(ONE).append(bytes, bytes.length, atMillis);
    }

    /** What is left to send, each piece with its time. */
    private static String log(Spool spool) {
        StringBuilder log = new StringBuilder();
        for (OutputChunk chunk = spool.poll(16 << 10); chunk != null; chunk = spool.poll(16 << 10)) {
            if (chunk.hasMarker()) {
                log.append("M ");
            } else {
                long at = chunk.getReadAtMillis();
                log.append(chunk.getData().toStringUtf8())
                        .append('@')
                        .append(at == 0 ? "?" : String.valueOf(at - NOW))
                        .append(' ');
            }
        }
        return log.toString();
    }
}
