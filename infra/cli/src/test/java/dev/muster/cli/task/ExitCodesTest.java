package dev.muster.cli.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.cli.api.Json;
import dev.muster.cli.console.CliFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitCodesTest {
    @ParameterizedTest
    @CsvSource({"SUCCEEDED,0", "FAILED,7", "FAILED,143", "CANCELLED,143", "TIMED_OUT,137"})
    void an_end_with_a_code_exits_with_it(String state, int code) {
        assertThat(ExitCodes.of(Json.object().put("state", state).put("exitCode", code)))
                .isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"EXPIRED,never ran", "LOST,unknown", "CANCELLED,before it ran", "FAILED,could not be started"})
    void an_end_without_a_code_is_a_failure_of_muster(String state, String words) {
        assertThatThrownBy(() -> ExitCodes.of(Json.object().put("state", state).put("reason", "because")))
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining(words)
                .hasMessageContaining(": because");
    }

    @Test
    void an_unknown_outcome_never_passes_for_a_known_one() {
        assertThatThrownBy(() -> ExitCodes.of(Json.object().put("state", "LOST").put("exitCode", 0)))
                .isInstanceOf(CliFailure.class);
    }

    @Test
    void that_an_outcome_is_unknown_is_said_once() {
        assertThatThrownBy(() -> ExitCodes.of(Json.object()
                        .put("state", "LOST")
                        .put("nodeId", "nd_1")
                        .put("taskId", "tk_1")
                        .put("reason", "outcome unknown: the agent restarted while it ran")))
                .hasMessage(
                        "the command's outcome is unknown: the agent restarted while it ran; it may have run, in part or"
                                + " whole, and is not started again: look at what it printed with"
                                + " `infra/muster history nd_1 --terminal tk_1`");
    }

    @ParameterizedTest
    @CsvSource({
        "FAILED,could not be started: sh: not found,the command could not be started: sh: not found",
        "FAILED,rejected by the agent: disk-full,the command could not be started: rejected by the agent: disk-full",
        "CANCELLED,cancelled by ann,'the command was cancelled before it ran, by ann'",
        "CANCELLED,cancelled before it reached the agent,the command was cancelled before it reached the agent",
        "CANCELLED,cancelled,the command was cancelled before it ran"
    })
    void a_reason_that_says_what_happened_is_not_said_twice(String state, String reason, String message) {
        assertThatThrownBy(() -> ExitCodes.of(Json.object().put("state", state).put("reason", reason)))
                .hasMessage(message);
        assertThat(ExitCodes.remark(Json.object()
                        .put("state", "CANCELLED")
                        .put("exitCode", 143)
                        .put("reason", "cancelled")))
                .hasValue("the command was cancelled");
    }

    @ParameterizedTest
    @CsvSource({"TIMED_OUT,timed out: because", "CANCELLED,cancelled: because"})
    void an_end_that_others_brought_about_is_said(String state, String words) {
        assertThat(ExitCodes.remark(
                        Json.object().put("state", state).put("exitCode", 143).put("reason", "because")))
                .hasValueSatisfying(remark -> assertThat(remark).endsWith(words));
        assertThat(ExitCodes.remark(Json.object().put("state", "FAILED").put("exitCode", 1)))
                .isEmpty();
    }
}
