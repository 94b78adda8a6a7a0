package dev.muster.registry.control;

import dev.muster.contract.report.AgentReport;
import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.records.v1.DisconnectCause;
import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.proto.records.v1.NodeStatus;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.session.SessionTransitions;
import dev.muster.registry.task.TaskEvents;
import dev.muster.registry.task.TaskQueue;

/** Passes a gateway's report to the class that decides on it. Pure. */
final class EventHandler {
    private final TaskEvents tasks;
    private final ControlMetrics metrics;

    EventHandler(TaskQueue queue, ControlMetrics metrics) {
        this.metrics = metrics;
        tasks = new TaskEvents(queue);
    }

    /** @param isMass whether many nodes have fallen silent at once, of late */
    void handle(NodeDraft draft, NodeEventRecord event, boolean isMass) {
        switch (event.getEventCase()) {
            case CONNECTED -> {
                Hello hello = AgentReport.hello(event.getConnected().getHello());
                boolean sameStart = draft.exists() && SessionTransitions.isSameStart(hello, draft.session());
                boolean copy = draft.exists() && SessionTransitions.isOtherCopy(hello, draft.session());
                SessionTransitions.Verdict verdict = SessionTransitions.connect(draft, event, hello);
                metrics.session(verdict);
                if (verdict == SessionTransitions.Verdict.CURRENT) {
                    tasks.onConnected(draft, hello, sameStart, copy);
                }
            }
            case DISCONNECTED -> {
                String said = event.getDisconnected().getReason();
                String reason = said.isEmpty() ? "disconnected" : "disconnected: " + said;
                if (event.getDisconnected().getCause() == DisconnectCause.DISCONNECT_CAUSE_GATEWAY_STOPS) {
                    SessionTransitions.interrupt(draft, event.getSessionId(), "its gateway has stopped");
                } else if (isMass && draft.state().getStatus() == NodeStatus.UNKNOWN) {
                    SessionTransitions.interrupt(draft, event.getSessionId(), reason + "; many nodes at once");
                } else {
                    SessionTransitions.end(draft, event.getSessionId(), reason);
                }
            }
            case NOT_HERE ->
                SessionTransitions.end(draft, event.getSessionId(), "its gateway no longer has the session");
            case TASK_EVENT -> {
                if (draft.exists()) {
                    TaskEvent said = AgentReport.taskEvent(event.getTaskEvent(), draft.nowMillis());
                    tasks.onEvent(draft, said, event.getInstanceId());
                }
            }
            case EVENT_NOT_SET -> {
                // an event of a newer gateway
            }
        }
    }
}
