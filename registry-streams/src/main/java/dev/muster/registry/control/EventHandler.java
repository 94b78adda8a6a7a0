package dev.muster.registry.control;

import dev.muster.proto.records.v1.NodeEventRecord;
import dev.muster.registry.node.NodeDraft;
import dev.muster.registry.session.SessionTransitions;
import dev.muster.registry.task.TaskEvents;
import dev.muster.registry.task.TaskQueue;

/** Hands what gateways report to who decides on it. Pure. */
final class EventHandler {
    private final TaskEvents tasks;

    EventHandler(TaskQueue queue) {
        tasks = new TaskEvents(queue);
    }

    void handle(NodeDraft draft, NodeEventRecord event) {
        switch (event.getEventCase()) {
            case CONNECTED -> {
                if (SessionTransitions.connect(draft, event) == SessionTransitions.Verdict.CURRENT) {
                    tasks.onConnected(draft, event.getConnected().getHello());
                }
            }
            case DISCONNECTED -> {
                String reason = event.getDisconnected().getReason();
                SessionTransitions.end(
                        draft, event.getSessionId(), reason.isEmpty() ? "disconnected" : "disconnected: " + reason);
            }
            case NOT_HERE ->
                SessionTransitions.end(draft, event.getSessionId(), "its gateway no longer has the session");
            case TASK_EVENT -> {
                if (draft.exists()) {
                    tasks.onEvent(draft, event.getTaskEvent(), event.getInstanceId());
                }
            }
            case EVENT_NOT_SET -> {
                // an event of a newer gateway
            }
        }
    }
}
