package dev.muster.registry.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.registry.terminal.read.ReadBudget;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AnswersTest {
    private final Answers answers = new Answers(() -> "error-id");

    @Test
    void a_read_beyond_its_budget_is_unavailable_and_no_fault_of_ours() {
        ReadBudget budget = new ReadBudget(() -> 2, 1, Long.MAX_VALUE, () -> false);

        StatusRuntimeException told = answers.failure(catchThrowable(budget::check));

        Metadata trailers = Objects.requireNonNull(Status.trailersFromThrowable(told));
        assertThat(told.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(told.getStatus().getDescription()).isEqualTo("there was no time for the read");
        assertThat(trailers.get(Answers.CODE)).isEqualTo(ErrorCode.UNAVAILABLE.code());
        assertThat(trailers.containsKey(Answers.ERROR_ID)).isFalse();
    }
}
