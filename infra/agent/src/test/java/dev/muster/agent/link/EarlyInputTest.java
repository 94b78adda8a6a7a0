package dev.muster.agent.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EarlyInputTest {
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong nanos = new AtomicLong();
    private final Set<String> there = ConcurrentHashMap.newKeySet();
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private final List<String> lost = new CopyOnWriteArrayList<>();
    private final AtomicLong asked = new AtomicLong();
    private final EarlyInput input =
            new EarlyInput(this::take, (terminal, bytes) -> lost.add(terminal + ":" + bytes), executor, nanos::get);

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    @Test
    void what_comes_before_its_terminal_waits_in_order_and_holds_up_no_other() throws Exception {
        there.add("present");
        assertThat(type("late", "a")).isTrue();
        assertThat(type("present", "x")).isTrue();
        assertThat(type("late", "b")).isTrue();
        assertThat(taken).containsExactly("present:x");
        there.add("late");
        await().until(() -> taken.contains("late:ab"));
        assertThat(type("late", "c")).isTrue();
        assertThat(taken).containsExactly("present:x", "late:ab", "late:c");
    }

    @Test
    void it_waits_for_a_moment_only_and_is_then_never_delivered() throws Exception {
        assertThat(type("late", "a")).isTrue();
        nanos.set(TimeUnit.MILLISECONDS.toNanos(EarlyInput.HOLD_MILLIS) + 1);
        long before = asked.get();
        await().until(() -> asked.get() > before);
        // the run that found it too late has dropped it before the next task runs
        on(() -> true);
        assertThat(lost).containsExactly("late:1");
        there.add("late");
        assertThat(type("late", "b")).isTrue();
        assertThat(taken).containsExactly("late:b");
    }

    @Test
    void what_waits_is_bounded_in_bytes() throws Exception {
        assertThat(type("late", "x".repeat(EarlyInput.BYTES_MAX))).isTrue();
        assertThat(type("late", "y")).isFalse();
        assertThat(type("later", "yy")).isFalse();
        assertThat(lost).containsExactly("late:1", "later:2");
        there.add("late");
        await().until(() -> !taken.isEmpty());
        assertThat(type("later", "y")).isTrue();
    }

    private boolean take(String terminal, byte[] bytes) {
        asked.incrementAndGet();
        if (there.contains(terminal)) {
            taken.add(terminal + ":" + new String(bytes, StandardCharsets.US_ASCII));
            return true;
        }
        return false;
    }

    private boolean type(String terminal, String keys) throws Exception {
        return on(() -> input.type(terminal, keys.getBytes(StandardCharsets.US_ASCII)));
    }

    private boolean on(Callable<Boolean> task) throws Exception {
        return executor.submit(task).get();
    }
}
