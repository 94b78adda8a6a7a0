package dev.muster.ingress.session;

import static dev.muster.ingress.session.Chunks.OTHER;
import static dev.muster.ingress.session.Chunks.TERMINAL;
import static dev.muster.ingress.session.Chunks.data;
import static dev.muster.ingress.session.Chunks.exit;
import static dev.muster.ingress.session.Chunks.gap;
import static dev.muster.ingress.session.Chunks.resize;
import static dev.muster.ingress.session.Chunks.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.ingress.session.OutputSession.Outcome;
import dev.muster.proto.agent.v1.OutputAck;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.records.v1.OutputRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputSessionTest {
    private static final OutputLimits LIMITS = new OutputLimits(1_024, 8_192, 2_048, 3);

    private final ClockOffset clock = new ClockOffset();
    private final OutputSession session = new OutputSession("ss_1", "instance", LIMITS, new SpareArrays(), clock);

    @Test
    void a_lone_chunk_is_not_delayed_and_becomes_a_record_as_it_came() throws Exception {
        OutputChunk chunk = start(TERMINAL);
        assertThat(take(chunk)).isEqualTo(Outcome.ACCEPTED);
        OutputRecord record = OutputRecord.parseFrom(batch().toRecord());
        assertThat(record.getSessionId()).isEqualTo("ss_1");
        assertThat(record.getInstanceId()).isEqualTo("instance");
        assertThat(record.getChunksList()).containsExactly(chunk);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_700_000_000_000L, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void whatever_time_a_chunk_tells_it_is_passed_on(long readAtMillis) throws Exception {
        OutputChunk start = start(TERMINAL);
        OutputChunk chunk = data(TERMINAL, 0, 1, 10).toBuilder()
                .setReadAtMillis(readAtMillis)
                .build();
        assertThat(take(start)).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(chunk)).isEqualTo(Outcome.ACCEPTED);
        assertThat(OutputRecord.parseFrom(batch().toRecord()).getChunksList()).containsExactly(start, chunk);
    }

    @Test
    void a_record_says_how_far_the_agent_s_clock_is_off_once_that_is_measured() throws Exception {
        take(start(TERMINAL));
        OutputBatch before = batch();
        assertThat(clock.add(ClockOffsetTest.heartbeat(1_000, 5_000, 5_100), 0, 1_120))
                .isTrue();
        take(data(TERMINAL, 0, 1, 10));
        OutputBatch after = Objects.requireNonNull(session.lastBatch());
        assertThat(OutputRecord.parseFrom(before.toRecord()).hasClockOffsetMillis())
                .isFalse();
        byte[] record = after.toRecord();
        assertThat(record).hasSize(after.recordBytes());
        assertThat(OutputRecord.parseFrom(record).getClockOffsetMillis()).isEqualTo(-3_990);
    }

    @Test
    void small_chunks_wait_for_each_other_while_a_record_is_under_way() throws Exception {
        take(start(TERMINAL));
        OutputBatch first = batch();
        for (int i = 0; i < 5; i++) {
            take(data(TERMINAL, i, 1, 1));
        }
        assertThat(session.nextBatch()).isNull();
        session.stored(first);
        assertThat(OutputRecord.parseFrom(batch().toRecord()).getChunksCount()).isEqualTo(5);
    }

    @Test
    void a_full_batch_does_not_wait() {
        take(start(TERMINAL));
        batch();
        take(data(TERMINAL, 0, 1, 1_024));
        assertThat(session.nextBatch()).isNull();
        take(data(TERMINAL, 1_024, 1, 1_024));
        assertThat(session.nextBatch()).isNotNull();
    }

    @Test
    void only_the_prefix_without_a_hole_is_acknowledged() {
        OutputBatch first = takeAlone(start(TERMINAL));
        OutputBatch second = takeFull(TERMINAL, 0);
        OutputBatch third = takeFull(TERMINAL, 2_048);
        session.stored(third);
        assertThat(session.takeAcks()).isEmpty();
        session.stored(first);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 0, 1, false));
        session.stored(second);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 4_096, 1, false));
        assertThat(session.takeAcks()).isEmpty();
        assertThat(session.unackedBytes()).isZero();
    }

    @Test
    void acknowledgements_between_two_sendings_are_one() {
        OutputBatch first = takeAlone(start(TERMINAL));
        OutputBatch second = takeFull(TERMINAL, 0);
        session.stored(first);
        session.stored(second);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 2_048, 1, false));
    }

    @Test
    void after_a_failure_the_agent_is_told_to_go_back_and_what_follows_is_dropped_until_it_has() {
        session.stored(takeAlone(start(TERMINAL)));
        session.takeAcks();
        OutputBatch lost = takeFull(TERMINAL, 0);
        OutputBatch later = takeFull(TERMINAL, 2_048);
        session.failed(lost);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 0, 1, true));
        assertThat(later.isWanted()).isFalse();
        session.stored(later);
        assertThat(session.takeAcks()).isEmpty();

        assertThat(take(data(TERMINAL, 4_096, 1, 10))).isEqualTo(Outcome.DROPPED_POISONED);
        assertThat(take(data(TERMINAL, 0, 1, 100))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 100, 1, 100))).isEqualTo(Outcome.ACCEPTED);
        session.stored(Objects.requireNonNull(session.lastBatch()));
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 200, 1, false));
    }

    @Test
    void a_failure_gives_up_what_waits_behind_it_and_leaves_other_terminals_alone() throws Exception {
        OutputBatch lost = takeAlone(start(TERMINAL));
        take(data(TERMINAL, 0, 1, 10));
        take(start(OTHER));
        session.failed(lost);
        assertThat(session.givenUpChunks()).isEqualTo(1);
        OutputBatch rest = batch();
        assertThat(OutputRecord.parseFrom(rest.toRecord()).getChunksList()).containsExactly(start(OTHER));
        session.stored(rest);
        assertThat(session.takeAcks()).containsExactlyInAnyOrder(ack(TERMINAL, 0, 0, true), ack(OTHER, 0, 1, false));
        assertThat(session.unackedBytes()).isZero();
    }

    @Test
    void without_room_the_agent_is_told_to_send_again() {
        session.stored(takeAlone(start(TERMINAL)));
        session.takeAcks();
        assertThat(session.take(data(TERMINAL, 0, 1, 10).toByteArray(), false).outcome())
                .isEqualTo(Outcome.DROPPED_NO_ROOM);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 0, 1, true));
        assertThat(take(data(TERMINAL, 10, 1, 10))).isEqualTo(Outcome.DROPPED_POISONED);
        assertThat(take(data(TERMINAL, 0, 1, 20))).isEqualTo(Outcome.ACCEPTED);
    }

    @Test
    void a_stream_may_begin_anywhere_and_markers_are_steps_of_their_own() {
        assertThat(take(data(TERMINAL, 500, 3, 10))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(resize(TERMINAL, 510, 4))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(gap(TERMINAL, 510, 5, 90))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 600, 5, 10))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(exit(TERMINAL, 610, 6))).isEqualTo(Outcome.ACCEPTED);
        session.stored(batch());
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 610, 6, false));
    }

    @Test
    void a_repeat_is_dropped_and_what_is_new_in_an_overlap_is_taken() {
        take(start(TERMINAL));
        take(data(TERMINAL, 0, 1, 10));
        assertThat(take(data(TERMINAL, 0, 1, 10))).isEqualTo(Outcome.DROPPED_REPEAT);
        assertThat(take(data(TERMINAL, 9, 1, 5))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 0, 1, 20))).isEqualTo(Outcome.ACCEPTED);
        session.stored(batch());
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 20, 1, false));
    }

    @Test
    void instead_of_leaving_a_hole_the_agent_is_told_to_go_back() {
        session.stored(takeAlone(start(TERMINAL)));
        session.stored(takeFull(TERMINAL, 0));
        session.takeAcks();
        assertThat(take(data(TERMINAL, 2_049, 1, 1))).isEqualTo(Outcome.DROPPED_POISONED);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 2_048, 1, true));
        assertThat(take(data(TERMINAL, 2_050, 1, 1))).isEqualTo(Outcome.DROPPED_POISONED);
        assertThat(session.takeAcks()).isEmpty();
        assertThat(take(data(TERMINAL, 2_048, 1, 10))).isEqualTo(Outcome.ACCEPTED);
        // a marker is missing before it
        assertThat(take(data(TERMINAL, 2_058, 2, 1))).isEqualTo(Outcome.DROPPED_POISONED);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 2_048, 1, true));
    }

    @Test
    void what_contradicts_the_stream_is_refused() {
        take(start(TERMINAL));
        take(data(TERMINAL, 0, 1, 10));
        take(resize(TERMINAL, 10, 2));
        assertThat(take(data(TERMINAL, 5, 1, 10))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(TERMINAL, 5, 2, 10))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 20, 1, 10))).isEqualTo(Outcome.REFUSED);
        assertThat(take(exit(TERMINAL, 7, 3))).isEqualTo(Outcome.REFUSED);
        take(data(OTHER, 5, 1, 6));
        assertThat(take(exit(OTHER, 3, 2))).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void an_agent_that_goes_back_to_before_the_beginning_is_followed() throws Exception {
        take(data(TERMINAL, 5, 1, 6));
        assertThat(take(start(TERMINAL))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 0, 1, 5))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 5, 1, 6))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 5, 1, 6))).isEqualTo(Outcome.DROPPED_REPEAT);
        OutputBatch batch = batch();
        assertThat(OutputRecord.parseFrom(batch.toRecord()).getChunksCount()).isEqualTo(4);
        session.stored(batch);
        assertThat(session.takeAcks()).containsExactly(ack(TERMINAL, 11, 1, false));
        assertThat(take(data(TERMINAL, 11, 1, 1))).isEqualTo(Outcome.ACCEPTED);
    }

    @Test
    void what_the_registry_would_refuse_is_not_taken() {
        take(start(TERMINAL));
        assertThat(take(resize(TERMINAL, 0, 2, 65_536, 24))).isEqualTo(Outcome.REFUSED);
        assertThat(take(resize(TERMINAL, 0, 2, 80, -1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(resize(TERMINAL, 0, 2, 0, 65_535))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(TERMINAL, 1L << 53, 2, 1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(OTHER, 1L << 53, 2, 1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(OTHER, 0, (1L << 53) + 1, 1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(gap(OTHER, 5, 2, 1L << 53))).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void nothing_follows_an_exit() {
        take(start(TERMINAL));
        take(exit(TERMINAL, 0, 2));
        assertThat(take(data(TERMINAL, 0, 2, 1))).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void ended_terminals_make_room_for_others() {
        for (int i = 0; i < 10; i++) {
            String terminal = TERMINAL.substring(0, TERMINAL.length() - 1) + i;
            assertThat(take(start(terminal))).isEqualTo(Outcome.ACCEPTED);
            take(exit(terminal, 0, 2));
            for (OutputBatch batch = session.lastBatch(); batch != null; batch = session.lastBatch()) {
                session.stored(batch);
            }
            session.takeAcks();
        }
        for (int i = 0; i < 3; i++) {
            take(start(TERMINAL.substring(0, TERMINAL.length() - 1) + i));
        }
        OutputSession.Verdict verdict = session.take(start(OTHER).toByteArray(), true);
        assertThat(Objects.requireNonNull(verdict.refusal()).code()).isEqualTo(ErrorCode.RATE_LIMITED);
    }

    @Test
    void the_window_closes_and_opens_again() {
        OutputBatch first = takeAlone(start(TERMINAL));
        List<OutputBatch> batches = new ArrayList<>(List.of(first));
        for (long offset = 0; offset < 8_192; offset += 2_048) {
            batches.add(takeFull(TERMINAL, offset));
        }
        assertThat(session.isWithinWindow()).isFalse();
        batches.forEach(session::stored);
        assertThat(session.isWithinWindow()).isTrue();
    }

    @Test
    void what_is_no_chunk_is_refused() {
        assertThat(session.take(new byte[] {1, 2, 3}, true).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(take(start("not-an-id"))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(TERMINAL, 0, 1, 1_025))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(TERMINAL, 0, 1, 0))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(TERMINAL, 0, 0, 1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(data(TERMINAL, -1, 1, 1))).isEqualTo(Outcome.REFUSED);
        assertThat(take(gap(TERMINAL, 5, 2, 0))).isEqualTo(Outcome.REFUSED);
        assertThat(take(gap(TERMINAL, 5, 2, Long.MAX_VALUE))).isEqualTo(Outcome.REFUSED);
        assertThat(take(exit(TERMINAL, 0, 1))).isEqualTo(Outcome.REFUSED);
    }

    /**
     * A lossy broker and an agent that obeys: in the end the broker holds every byte, and no acknowledgement was ever
     * ahead of it.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whatever_fails_every_acknowledged_byte_is_held_and_the_stream_gets_through(long seed) throws Exception {
        Random random = new Random(seed);
        long total = 20_000;
        long sent = 0;
        boolean[] held = new boolean[(int) total];
        boolean started = false;
        List<OutputBatch> underWay = new ArrayList<>();
        long acked = -1;
        List<OutputAck> toAgent = new ArrayList<>();
        for (int step = 0; acked < total; step++) {
            assertThat(step).as("seed %d", seed).isLessThan(200_000);
            if (random.nextInt(3) > 0 && session.isWithinWindow()) {
                if (!started) {
                    take(start(TERMINAL));
                    started = true;
                } else if (sent < total) {
                    int bytes = (int) Math.min(total - sent, 1 + random.nextInt(700));
                    assertThat(take(data(TERMINAL, sent, 1, bytes))).isNotEqualTo(Outcome.REFUSED);
                    sent += bytes;
                }
            }
            for (OutputBatch b = session.nextBatch(); b != null; b = session.nextBatch()) {
                underWay.add(b);
            }
            if (!underWay.isEmpty() && random.nextBoolean()) {
                OutputBatch batch = underWay.remove(random.nextInt(Math.min(2, underWay.size())));
                if (random.nextInt(5) == 0) {
                    session.failed(batch);
                } else {
                    for (OutputChunk chunk :
                            OutputRecord.parseFrom(batch.toRecord()).getChunksList()) {
                        for (long i = chunk.getOffset();
                                i < Position.endOf(chunk).offset();
                                i++) {
                            held[(int) i] = true;
                        }
                    }
                    session.stored(batch);
                }
            }
            toAgent.addAll(session.takeAcks());
            // the agent hears late
            if (!toAgent.isEmpty() && random.nextInt(4) == 0) {
                OutputAck ack = toAgent.remove(0);
                if (ack.getMarkerNumber() == 1) {
                    acked = ack.getOffset();
                    for (int i = 0; i < acked; i++) {
                        assertThat(held[i]).as("byte %d, seed %d", i, seed).isTrue();
                    }
                }
                if (ack.getResend()) {
                    started = ack.getMarkerNumber() == 1;
                    sent = ack.getOffset();
                }
            }
        }
    }

    private Outcome take(OutputChunk chunk) {
        return session.take(chunk.toByteArray(), true).outcome();
    }

    private OutputBatch batch() {
        return Objects.requireNonNull(session.nextBatch());
    }

    private OutputBatch takeAlone(OutputChunk chunk) {
        assertThat(take(chunk)).isEqualTo(Outcome.ACCEPTED);
        return Objects.requireNonNull(session.lastBatch());
    }

    private OutputBatch takeFull(String terminal, long offset) {
        assertThat(take(data(terminal, offset, 1, 1_024))).isEqualTo(Outcome.ACCEPTED);
        assertThat(take(data(terminal, offset + 1_024, 1, 1_024))).isEqualTo(Outcome.ACCEPTED);
        return batch();
    }

    private static OutputAck ack(String terminal, long offset, long marker, boolean resend) {
        return OutputAck.newBuilder()
                .setTerminalId(terminal)
                .setOffset(offset)
                .setMarkerNumber(marker)
                .setResend(resend)
                .build();
    }
}
