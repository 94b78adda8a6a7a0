package dev.muster.fanout.watch;

import com.google.protobuf.ByteString;
import dev.muster.contract.topics.Partitions;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.agent.v1.Resize;
import dev.muster.proto.agent.v1.TerminalInput;
import dev.muster.proto.agent.v1.WindowSize;
import dev.muster.proto.records.v1.InputRecord;
import dev.muster.proto.records.v1.NodeState;
import java.util.concurrent.CompletableFuture;

/**
 * Keystrokes and resizes for a node's current session. Nothing here is sent twice: lost input stays lost, and if the
 * loss is known, it is reported.
 */
public final class Inputs {
    private final RecordSink sink;
    private final Partitions partitions;

    public Inputs(RecordSink sink, Partitions partitions) {
        this.sink = sink;
        this.partitions = partitions;
    }

    /** Whether the node has a session to which input could go. */
    public static boolean isReachable(NodeState state) {
        return !state.getSessionId().isEmpty() && !state.getGatewayId().isEmpty();
    }

    public CompletableFuture<?> type(String user, NodeState state, String terminalId, ByteString data) {
        return publish(to(user, state)
                .setTerminalInput(
                        TerminalInput.newBuilder().setTerminalId(terminalId).setData(data))
                .build());
    }

    public CompletableFuture<?> resize(String user, NodeState state, String terminalId, int cols, int rows) {
        return publish(to(user, state)
                .setResize(Resize.newBuilder()
                        .setTerminalId(terminalId)
                        .setSize(WindowSize.newBuilder().setCols(cols).setRows(rows)))
                .build());
    }

    private static InputRecord.Builder to(String user, NodeState state) {
        return InputRecord.newBuilder()
                .setGatewayId(state.getGatewayId())
                .setNodeId(state.getNodeId())
                .setSessionId(state.getSessionId())
                .setUser(user);
    }

    private CompletableFuture<?> publish(InputRecord input) {
        return sink.publish(Topic.INPUT, partitions.ofGateway(input.getGatewayId()), input.getGatewayId(), input);
    }
}
