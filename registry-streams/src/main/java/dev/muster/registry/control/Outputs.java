package dev.muster.registry.control;

import com.google.protobuf.Message;
import dev.muster.contract.topics.RecordHeaders;
import dev.muster.contract.topics.Topic;
import dev.muster.proto.records.v1.DispatchRecord;
import dev.muster.proto.records.v1.NodeRecord;
import dev.muster.proto.records.v1.ViewRecord;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.node.StatusChanges;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Sends what was decided to its topics, in the transaction of the record that it was decided on. */
final class Outputs {
    private final ProcessorContext<String, @Nullable Message> context;
    private @Nullable Header traceparent;

    Outputs(ProcessorContext<String, @Nullable Message> context) {
        this.context = context;
    }

    /** All that is sent from now on follows from a record with these headers, and is part of its trace. */
    void follow(Headers cause) {
        traceparent = RecordHeaders.traceparent(cause).orElse(null);
    }

    void send(Topic topic, String key, @Nullable Message message, long atMillis) {
        Record<String, @Nullable Message> record = new Record<>(key, message, atMillis);
        if (traceparent != null) {
            record.headers().add(traceparent);
        }
        context.forward(record, ControlTopology.sinkOf(topic));
    }

    /** The node's record, state and status where they changed, the views of the change, and the dispatches. */
    void changes(NodeDraft draft, Iterable<ViewRecord> views, long atMillis) {
        String nodeId = draft.nodeId();
        NodeRecord record = draft.record();
        if (!record.equals(draft.nodeBefore().getRecord())) {
            send(Topic.NODES, nodeId, draft.exists() ? record : null, atMillis);
        }
        boolean deleted = record.getDeleted() && !draft.nodeBefore().getRecord().getDeleted();
        if (deleted || !draft.state().equals(draft.stateBefore().getState())) {
            send(Topic.NODE_STATE, nodeId, draft.exists() ? draft.state() : null, atMillis);
        }
        StatusChanges.of(draft).ifPresent(change -> send(Topic.STATUS_CHANGES, nodeId, change, atMillis));
        for (ViewRecord view : views) {
            send(Topic.VIEWS, view.getAudience(), view, atMillis);
        }
        for (DispatchRecord dispatch : draft.dispatches()) {
            send(Topic.DISPATCH, dispatch.getGatewayId(), dispatch, atMillis);
        }
    }
}
