package dev.muster.fanout.live.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.fanout.json.Json;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskEndTest {
    private static JsonNode ended(Task.Builder task) throws IOException {
        return Json.MAPPER.readTree(
                Frames.join(TaskEnd.frame(task.build()), Frames.refTail("t")).array());
    }

    @ParameterizedTest
    @CsvSource({
        "SUCCEEDED, 0,   '',   ",
        "FAILED,    3,   '',   ",
        "TIMED_OUT, 137, KILL, ",
        "CANCELLED, 143, TERM, ",
        "CANCELLED, ,    '',   CANCELLED",
        "EXPIRED,   ,    '',   EXPIRED",
        "LOST,      ,    '',   LOST",
        "FAILED,    ,    '',   FAILED"
    })
    void the_state_is_the_reason_only_where_there_is_no_exit_to_tell(
            TaskState state, @Nullable Integer exitCode, String signal, @Nullable String reason) throws IOException {
        Task.Builder task = Task.newBuilder().setState(state).setSignal(signal);
        if (exitCode != null) {
            task.setExitCode(exitCode);
        }
        JsonNode ended = ended(task);
        assertThat(ended.path("reason").textValue()).isEqualTo(reason);
        assertThat(ended.path("exitCode").isNull()).isEqualTo(exitCode == null);
    }
}
