package dev.muster.registry.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.records.v1.Task;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A task that was dispatched at 10,000 by the log's clock, reported its start at 10,200 and its end at 15,300, and ran
 * for 5,000.
 */
final class AgentTimesTest {
    @ParameterizedTest
    @CsvSource({
        // agent's start and end,                         shown start and end
        "  10100,                15100,                   10100, 15100",
        "  3610200,              3615200,                 10200, 15200",
        "  -3589800,             -3584800,                10200, 15300",
        "  1,                    5001,                    10200, 15200",
        "  0,                    0,                       10200, 15300",
        "  9223372036854775807,  9223372036854775807,     10200, 10200",
        "  -9223372036854775808, 9223372036854775807,     10200, 15300",
        "  10100,                9223372036854775807,     10100, 15300",
        "  10100,                10000,                   10100, 15300",
    })
    void an_agents_clock_is_set_right_by_the_logs(long agentStart, long agentEnd, long start, long end) {
        Task.Builder task = Task.newBuilder().setDispatchedAtMillis(10_000);
        AgentTimes.started(task, agentStart, 10_200);
        AgentTimes.ended(task, agentEnd, 15_300);
        assertThat(task.getStartedAtMillis()).isEqualTo(start);
        assertThat(task.getEndedAtMillis()).isEqualTo(end);
        assertThat(task.getAgentStartedAtMillis()).isEqualTo(agentStart);
        assertThat(task.getAgentEndedAtMillis()).isEqualTo(agentEnd);
    }

    @ParameterizedTest
    @CsvSource({"10100, 10100", "9999, 10200", "10201, 10200", "-1, 10200"})
    void a_task_that_never_started_ends_between_its_dispatch_and_the_word_of_it(long agentEnd, long end) {
        Task.Builder task = Task.newBuilder().setDispatchedAtMillis(10_000);
        assertThat(AgentTimes.ended(task, agentEnd, 10_200).getEndedAtMillis()).isEqualTo(end);
    }

    @ParameterizedTest
    @CsvSource({"3610200, 3615200, 3615200"})
    void a_task_that_an_older_release_saw_start_has_the_agents_times(long agentStart, long agentEnd, long end) {
        Task.Builder task = Task.newBuilder().setDispatchedAtMillis(10_000).setStartedAtMillis(agentStart);
        assertThat(AgentTimes.ended(task, agentEnd, 5_000_000).getEndedAtMillis())
                .isEqualTo(end);
    }
}
