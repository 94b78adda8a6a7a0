package dev.muster.registry.control;

import static dev.muster.registry.control.ControlDriver.NODE;
import static dev.muster.registry.control.ControlDriver.taskId;
import static dev.muster.registry.control.ControlDriver.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.CommandRecord;
import dev.muster.proto.records.v1.CreateTask;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What follows from a command is part of the command's trace. */
class TraceTest {
    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private final ControlDriver control = new ControlDriver();

    @AfterEach
    void close() {
        control.close();
    }

    @Test
    void a_command_s_trace_is_in_all_that_follows_from_it_and_in_nothing_else() {
        control.create();
        control.tick();
        control.connect("session-1", 1, 1);
        control.skipOutput();

        CommandRecord command = CommandRecord.newBuilder()
                .setRequestId("request")
                .setReplyTo(ControlDriver.GATEWAY)
                .setNodeId(NODE)
                .setActor(user("alice"))
                .setCreateTask(CreateTask.newBuilder().setTaskId(taskId("t")).setCommand("true"))
                .build();
        control.commands.pipeInput(new TestRecord<>(
                NODE,
                command.toByteArray(),
                new org.apache.kafka.common.header.internals.RecordHeaders(RecordHeaders.of(Topic.COMMANDS, TRACE)),
                Instant.ofEpochMilli(control.nowMillis)));

        assertThat(traces(control.dispatches)).isNotEmpty().containsOnly(TRACE);
        assertThat(traces(control.replies)).isNotEmpty().containsOnly(TRACE);
        assertThat(traces(control.audit)).isNotEmpty().containsOnly(TRACE);
        assertThat(traces(control.views)).isNotEmpty().containsOnly(TRACE);

        control.started("session-1", ControlDriver.AGENT, "t");
        assertThat(traces(control.views)).isNotEmpty().containsOnly("none");
    }

    private static Stream<String> traces(TestOutputTopic<String, ? extends Message> topic) {
        return topic.readRecordsToList().stream().map(record -> {
            assertThat(record.headers().lastHeader(RecordHeaders.SCHEMA)).isNotNull();
            Header trace = record.headers().lastHeader(RecordHeaders.TRACEPARENT);
            return trace == null ? "none" : new String(trace.value(), StandardCharsets.US_ASCII);
        });
    }
}
