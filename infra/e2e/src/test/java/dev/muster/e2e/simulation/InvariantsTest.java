package dev.muster.e2e.simulation;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.fanout.auth.User;
import dev.muster.proto.agent.v1.OutputChunk;
import dev.muster.proto.query.v1.TerminalHistory;
import dev.muster.proto.records.v1.Line;
import dev.muster.proto.records.v1.Mark;
import dev.muster.proto.records.v1.NodeState;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.proto.records.v1.OutputRecord;
import dev.muster.proto.records.v1.TerminalLineRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each invariant can fail: it is shown a state that it forbids, and one that it allows. */
class InvariantsTest {
    private static final String NODE = AgentNode.nodeIdOf("agent");
    private static final String TERMINAL = "tk_1";

    private final Ledger ledger = new Ledger();
    private TerminalHistory history = TerminalHistory.getDefaultInstance();

    @Test
    void an_acknowledgement_of_what_the_log_does_not_hold_is_found() {
        NoLineLostAfterAck invariant = new NoLineLostAfterAck(ledger, this::read);
        invariant.committed(Topic.STDOUT, 0, entry(output(0, "one\n")));
        assertThatCode(() -> invariant.acked(TERMINAL, 4)).doesNotThrowAnyException();
        invariant.committed(Topic.STDOUT, 0, entry(output(8, "three\n")));
        assertThatThrownBy(() -> invariant.acked(TERMINAL, 8)).hasMessageContaining("NoLineLostAfterAck");
    }

    @Test
    void a_line_that_is_not_in_the_history_in_the_end_is_found() {
        NoLineLostAfterAck invariant = new NoLineLostAfterAck(ledger, this::read);
        print("one\ntwo\n");
        history = history("one", "two");
        assertThatCode(invariant::atRest).doesNotThrowAnyException();
        history = history("one");
        assertThatThrownBy(invariant::atRest).hasMessageContaining("NoLineLostAfterAck");
    }

    @Test
    void what_was_not_acknowledged_may_go_with_the_disk_and_what_was_may_not() {
        NoLineLostAfterAck invariant = new NoLineLostAfterAck(ledger, this::read);
        print("one\ntwo\n");
        ledger.acked(TERMINAL, 4);
        ledger.diskLost(NODE);
        history = history("one");
        assertThatCode(invariant::atRest).doesNotThrowAnyException();
        ledger.acked(TERMINAL, 8);
        assertThatThrownBy(invariant::atRest).hasMessageContaining("NoLineLostAfterAck");
    }

    @Test
    void a_line_that_is_written_twice_is_found_by_its_number_and_by_its_text() {
        NoLineTwice invariant = new NoLineTwice(ledger, this::read);
        invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(0, "one")));
        invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(1, "two")));
        assertThatThrownBy(() -> invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(1, "2"))))
                .hasMessageContaining("NoLineTwice");
        assertThatThrownBy(() -> invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(2, "two"))))
                .hasMessageContaining("NoLineTwice");
    }

    @Test
    void a_line_that_is_in_the_history_twice_is_found() {
        NoLineTwice invariant = new NoLineTwice(ledger, this::read);
        print("one\ntwo\n");
        history = history("one", "two", "two");
        assertThatThrownBy(invariant::atRest).hasMessageContaining("NoLineTwice");
    }

    @Test
    void a_line_out_of_order_or_of_another_text_is_found() {
        OrderPerTerminal invariant = new OrderPerTerminal(ledger, this::read);
        print("one\ntwo\nthree\n");
        invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(0, "one")));
        assertThatThrownBy(() -> invariant.committed(Topic.TERMINAL_LINES, 0, entry(line(2, "three"))))
                .hasMessageContaining("OrderPerTerminal");
        history = history("one", "three", "two");
        assertThatThrownBy(invariant::atRest).hasMessageContaining("OrderPerTerminal");
    }

    @Test
    void a_command_that_is_started_again_is_found() {
        AtMostOnceExecution invariant = new AtMostOnceExecution(ledger);
        ledger.executed(TERMINAL, NODE);
        assertThatCode(invariant::afterStep).doesNotThrowAnyException();
        ledger.executed(TERMINAL, NODE);
        assertThatThrownBy(invariant::afterStep).hasMessageContaining("AtMostOnceExecution");
    }

    @Test
    void being_in_touch_for_long_is_told_from_having_been_away_in_between() {
        Contacts contacts = new Contacts();
        contacts.seen(NODE, "one", 0);
        contacts.seen(NODE, "one", 30_000);
        contacts.seen(NODE, "", 31_000);
        contacts.seen(NODE, "two", 32_000);
        contacts.seen(NODE, "two", 60_000);
        assertThatCode(() -> {
                    if (!contacts.lasted(NODE, 5_000, 25_000) || contacts.lasted(NODE, 20_000, 40_000)) {
                        throw new IllegalStateException("wrong");
                    }
                })
                .doesNotThrowAnyException();
    }

    @Test
    void a_node_that_is_called_offline_although_it_was_in_touch_is_found() {
        World world = new World(1, new Partitions(1, 1, 1), note -> {});
        Contacts contacts = new Contacts();
        NoFalseOffline invariant = new NoFalseOffline(world.time, List.of(), contacts);
        NodeState offline = NodeState.newBuilder()
                .setNodeId(NODE)
                .setStatus(NodeStatus.OFFLINE)
                .build();
        contacts.seen(NODE, "one", 0);
        contacts.seen(NODE, "one", 5_000);
        assertThatCode(() -> invariant.committed(Topic.NODE_STATE, 0, entry(offline, 30_000)))
                .doesNotThrowAnyException();
        contacts.seen(NODE, "one", 60_000);
        assertThatThrownBy(() -> invariant.committed(Topic.NODE_STATE, 0, entry(offline, 30_000)))
                .hasMessageContaining("NoFalseOffline");
    }

    @Test
    void a_viewer_that_is_not_connected_in_the_end_is_found() {
        World world = new World(1, new Partitions(1, 1, 1), note -> {});
        Viewer viewer = new Viewer(world, new User("alice", List.of(), false, Instant.MAX), List.of());
        ViewerConvergesToStore invariant = new ViewerConvergesToStore(List.of(viewer), who -> Map.of(), this::read);
        assertThatThrownBy(invariant::atRest).hasMessageContaining("ViewerConvergesToStore");
    }

    private void print(String text) {
        ledger.executed(TERMINAL, NODE);
        ledger.printed(TERMINAL, text.getBytes(StandardCharsets.US_ASCII));
    }

    private Optional<TerminalHistory> read(String nodeId, String terminalId) {
        return Optional.of(history);
    }

    private static TerminalHistory history(String... lines) {
        TerminalHistory.Builder history = TerminalHistory.newBuilder();
        long number = 0;
        long bytes = 0;
        for (String text : lines) {
            history.addLines(Line.newBuilder().setNumber(number++).setText(text));
            bytes += text.length() + 1;
        }
        return history.setMark(Mark.newBuilder().setOffset(bytes)).build();
    }

    private static OutputRecord output(long offset, String text) {
        return OutputRecord.newBuilder()
                .addChunks(OutputChunk.newBuilder()
                        .setTerminalId(TERMINAL)
                        .setOffset(offset)
                        .setData(ByteString.copyFromUtf8(text)))
                .build();
    }

    private static TerminalLineRecord line(long number, String text) {
        return TerminalLineRecord.newBuilder()
                .setTerminalId(TERMINAL)
                .setNumber(number)
                .addText(text)
                .build();
    }

    private static MemoryLog.Entry entry(Message value) {
        return entry(value, 0);
    }

    private static MemoryLog.Entry entry(Message value, long causeMillis) {
        return new MemoryLog.Entry(0, 0, null, value.toByteArray(), causeMillis, null, false);
    }
}
