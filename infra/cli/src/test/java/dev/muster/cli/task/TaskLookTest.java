package dev.muster.cli.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.cli.api.Json;
import dev.muster.client.ApiException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TaskLookTest {
    private static final TaskLook.Found RUNNING =
            new TaskLook.Found(Json.object().put("state", "RUNNING"), Optional.empty());

    @Test
    void a_server_that_does_not_answer_keeps_nothing_waiting_and_is_asked_once() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        TaskLook look = new TaskLook(() -> {
            asked.incrementAndGet();
            awaited(answer);
            return RUNNING;
        });
        for (int i = 0; i < 3; i++) {
            look.ask();
            assertThat(look.answer()).isEmpty();
        }
        answer.countDown();
        await().until(() -> look.answer().isPresent());
        assertThat(asked).hasValue(1);
        assertThat(look.answer()).as("told once").isEmpty();
    }

    @Test
    void a_busy_server_is_asked_again_and_a_refusal_is_told() {
        AtomicInteger asked = new AtomicInteger();
        TaskLook look = new TaskLook(() -> {
            throw refusal(asked.incrementAndGet() == 1 ? 503 : 404);
        });
        Throwable told = await().until(
                        () -> {
                            look.ask();
                            return catchThrowable(look::answer);
                        },
                        thrown -> thrown != null);
        assertThat(told)
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.status()).isEqualTo(404));
        assertThat(asked).hasValue(2);
    }

    private static ApiException refusal(int status) {
        JsonNode problem = Json.object().put("status", status).put("code", "x").put("detail", "no");
        return ApiException.of(problem);
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await(50, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
