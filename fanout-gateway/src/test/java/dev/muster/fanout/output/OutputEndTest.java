package dev.muster.fanout.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputEndTest {
    private static final long HEARD = 1_700_000_000_000L;
    private static final NodeState CONNECTED =
            NodeState.newBuilder().setSessionId("ss_1").build();

    /** The agent's clock is so many hours away from ours. */
    @ParameterizedTest
    @ValueSource(longs = {-500_000, -1, 0, 1, 500_000})
    void the_rest_of_the_output_is_waited_for_since_the_registry_learnt_of_the_end(long hours) {
        Task task = Task.newBuilder()
                .setState(TaskState.SUCCEEDED)
                .setStartedAtLogMillis(HEARD - 5_000)
                .setEndedAtMillis(HEARD + Duration.ofHours(hours).toMillis())
                .setEndedAtLogMillis(HEARD)
                .setOutputBytes(10)
                .build();
        assertThat(OutputEnd.isSettled(task, CONNECTED, HEARD + 29_000)).isFalse();
        assertThat(OutputEnd.isSettled(task, CONNECTED, HEARD + 31_000)).isTrue();
        assertThat(OutputEnd.isReached(
                        task, 5, CONNECTED, HEARD + Duration.ofHours(23).toMillis()))
                .isFalse();
        assertThat(OutputEnd.isReached(
                        task, 5, CONNECTED, HEARD + Duration.ofHours(25).toMillis()))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000})
    void a_task_of_an_older_release_has_the_agents_times_alone(long ended) {
        Task task = Task.newBuilder()
                .setState(TaskState.SUCCEEDED)
                .setStartedAtMillis(HEARD)
                .setEndedAtMillis(HEARD + ended)
                .build();
        assertThat(OutputEnd.hasBegun(task)).isTrue();
        assertThat(OutputEnd.isSettled(task, CONNECTED, HEARD + ended + 31_000)).isTrue();
    }
}
