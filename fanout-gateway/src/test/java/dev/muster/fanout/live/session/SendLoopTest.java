package dev.muster.fanout.live.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.contract.errors.CloseCode;
import dev.muster.fanout.live.host.Batch;
import dev.muster.fanout.live.host.SessionContext;
import dev.muster.fanout.testing.StreamFixture;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SendLoopTest {
    private static final int PER_TURN = SendLoop.TURN_BYTES / Batch.BYTES_MAX;

    private final SessionBench bench = new SessionBench(new StreamFixture(), 3, 20_000);
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final Socket socket = new Socket();
    private final Batches source = new Batches();
    private final SendLoop loop = new SendLoop(source, new SessionContext(tasks::add), socket, bench.services);

    /** Takes what it gets at once, or when told to. */
    private static final class Socket implements Outbound {
        private boolean reading = true;
        private int sends;
        private boolean disconnected;
        private @Nullable Done pending;

        @Override
        public void send(List<ByteBuffer> frames, Done done) {
            assertThat(pending).as("in flight").isNull();
            sends++;
            if (reading) {
                done.sent(null);
            } else {
                pending = done;
            }
        }

        void end(@Nullable Throwable failure) {
            @Nullable Done done = pending;
            pending = null;
            if (done != null) {
                done.sent(failure);
            }
        }

        @Override
        public void ping() {}

        @Override
        public void demand() {}

        @Override
        public void close(CloseCode code, String reason) {}

        @Override
        public void disconnect() {
            disconnected = true;
        }
    }

    /** Has a full batch as often as told. */
    private static final class Batches implements SendLoop.Source {
        private int left;
        private @Nullable RuntimeException fault;
        private @Nullable RuntimeException told;

        @Override
        public void fill(Batch batch) {
            if (fault != null) {
                throw fault;
            }
            if (left > 0) {
                left--;
                batch.add(ByteBuffer.allocate(Batch.BYTES_MAX));
                batch.countRecord(1);
            }
        }

        @Override
        public void failed(RuntimeException why) {
            told = why;
        }
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void it_is_woken_once_for_all_that_came_and_leaves_the_turn_to_others_after_so_much() {
        source.left = PER_TURN + 1;
        loop.wake();
        loop.wake();
        assertThat(tasks).hasSize(1);
        tasks.remove().run();
        assertThat(socket.sends).isEqualTo(PER_TURN);
        assertThat(tasks).hasSize(1);
        tasks.remove().run();
        assertThat(socket.sends).isEqualTo(PER_TURN + 1);
        assertThat(tasks).isEmpty();
    }

    @Test
    void one_batch_is_in_flight_and_the_next_is_asked_for_when_it_was_written() {
        source.left = 2;
        socket.reading = false;
        bench.nanos.set(7);
        loop.turnNow().run();
        loop.turnNow().run();
        assertThat(socket.sends).isEqualTo(1);
        assertThat(source.left).isEqualTo(1);
        assertThat(loop.inFlightSinceNanos()).isEqualTo(7);
        socket.end(null);
        assertThat(loop.inFlightSinceNanos()).isEqualTo(-1);
        tasks.remove().run();
        assertThat(socket.sends).isEqualTo(2);
        assertThat(bench.count("records.sent")).isEqualTo(1);
    }

    @Test
    void what_did_not_arrive_is_dropped_once_and_nothing_follows() {
        source.left = 2;
        socket.reading = false;
        loop.turnNow().run();
        loop.close();
        socket.end(new IllegalStateException("gone"));
        assertThat(socket.disconnected).isTrue();
        assertThat(bench.count("records.dropped")).isEqualTo(1);
        loop.turnNow().run();
        assertThat(socket.sends).isEqualTo(1);
    }

    @Test
    void nothing_follows_a_close() {
        source.left = 1;
        loop.close();
        loop.turnNow().run();
        assertThat(socket.sends).isZero();
    }

    @Test
    void a_fault_is_told_to_the_source() {
        RuntimeException fault = new IllegalStateException("on purpose");
        source.fault = fault;
        loop.turnNow().run();
        assertThat(source.told).isSameAs(fault);
    }
}
