package dev.muster.registry.task;

import dev.muster.proto.agent.v1.Hello;
import dev.muster.proto.agent.v1.TaskEnded;
import dev.muster.proto.agent.v1.TaskEvent;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.registry.node.NodeDraft;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Agents' reports about tasks. A connect that leaves a task out is also such a report. */
public final class TaskEvents {
    private static final int REASON_CHARS_MAX = 1_000;

    private final TaskQueue queue;

    public TaskEvents(TaskQueue queue) {
        this.queue = queue;
    }

    /** Counts whichever session brought it, if it comes from the instance that the task was dispatched to. */
    public void onEvent(NodeDraft draft, TaskEvent event, String instanceId) {
        Optional<Task> found = draft.task(event.getTaskId());
        if (found.isEmpty() || !found.get().getInstanceId().equals(instanceId)) {
            return;
        }
        Task task = found.get();
        switch (event.getEventCase()) {
            case STARTED -> {
                queue.move(
                        draft,
                        task,
                        TaskTransitions.Event.STARTED,
                        "",
                        builder ->
                                AgentTimes.started(builder, event.getStarted().getAtMillis(), draft.nowMillis()));
                inputDropped(draft, event.getTaskId(), event.getStarted().getInputDroppedBytes());
            }
            case ENDED -> onEnded(draft, task, event.getEnded());
            case REJECTED ->
                queue.move(
                        draft,
                        task,
                        TaskTransitions.Event.REJECTED,
                        cut("rejected by the agent: " + event.getRejected().getCode() + " "
                                + event.getRejected().getDetail()));
            case EVENT_NOT_SET -> {
                // an event of a newer agent
            }
        }
    }

    /**
     * After a session was accepted: dispatches waiting tasks, dispatches again those that never arrived, and gives up
     * lost ones.
     *
     * @param sameStart whether the agent has not started again since the previous session
     * @param copy whether it runs on a copy of the state directory of the previous session's agent, which may run the
     *     tasks that were dispatched to it
     */
    public void onConnected(NodeDraft draft, Hello hello, boolean sameStart, boolean copy) {
        Set<String> present = new HashSet<>(hello.getTaskIdsList());
        for (Task task : queue.open(draft)) {
            if (task.getState() == TaskState.QUEUED) {
                queue.dispatch(draft, task);
            } else if (copy) {
                queue.lose(draft, task, "a copy of the agent has taken over");
            } else if (!task.getInstanceId().equals(hello.getInstanceId())) {
                queue.lose(draft, task, "another instance of the agent has taken over");
            } else if (present.contains(task.getTaskId()) || (sameStart && cameLater(task, hello))) {
                if (task.getCancelRequested()) {
                    queue.sendCancel(draft, task);
                }
            } else if (task.getState() == TaskState.DISPATCHED && neverArrived(task, hello)) {
                sendAgain(draft, task);
            } else {
                queue.lose(draft, task, "the agent came back without it");
            }
        }
    }

    /**
     * The task arrived through the previous session, after the agent had written this Hello, and its start is already
     * in the log.
     */
    private static boolean cameLater(Task task, Hello hello) {
        return task.getState() == TaskState.RUNNING && neverArrived(task, hello);
    }

    private static boolean neverArrived(Task task, Hello hello) {
        return Long.compareUnsigned(task.getSequence(), hello.getTaskHighWater()) > 0;
    }

    private void sendAgain(NodeDraft draft, Task task) {
        if (task.getCancelRequested()) {
            queue.move(draft, task, TaskTransitions.Event.WITHDRAW, "cancelled before it reached the agent");
        } else {
            queue.sendAgain(draft, task);
        }
    }

    private void onEnded(NodeDraft draft, Task task, TaskEnded ended) {
        queue.move(draft, task, eventOf(ended), cut(reasonOf(ended)), builder -> {
            AgentTimes.ended(builder, ended.getAtMillis(), draft.nowMillis())
                    .setOutputBytes(ended.getOutputBytes())
                    .setInputDroppedBytes(Math.max(builder.getInputDroppedBytes(), ended.getInputDroppedBytes()));
            return switch (ended.getCause()) {
                case TASK_END_CAUSE_START_FAILED, TASK_END_CAUSE_AGENT_RESTARTED -> builder;
                default -> builder.setExitCode(ended.getExitCode()).setSignal(ended.getSignal());
            };
        });
    }

    /** The count only grows, so a repeat of an event changes nothing. */
    private static void inputDropped(NodeDraft draft, String taskId, long bytes) {
        draft.task(taskId)
                .filter(task -> bytes > 0 && bytes > task.getInputDroppedBytes())
                .ifPresent(task ->
                        draft.put(task.toBuilder().setInputDroppedBytes(bytes).build()));
    }

    private static TaskTransitions.Event eventOf(TaskEnded ended) {
        return switch (ended.getCause()) {
            case TASK_END_CAUSE_CANCELLED -> TaskTransitions.Event.KILLED;
            case TASK_END_CAUSE_TIMED_OUT -> TaskTransitions.Event.TIMED_OUT;
            case TASK_END_CAUSE_START_FAILED -> TaskTransitions.Event.START_FAILED;
            case TASK_END_CAUSE_AGENT_RESTARTED -> TaskTransitions.Event.LOSE;
            case TASK_END_CAUSE_EXITED, TASK_END_CAUSE_UNSPECIFIED, UNRECOGNIZED ->
                ended.getExitCode() == 0 && ended.getSignal().isEmpty()
                        ? TaskTransitions.Event.EXIT_ZERO
                        : TaskTransitions.Event.EXIT_NONZERO;
        };
    }

    private static String reasonOf(TaskEnded ended) {
        return switch (ended.getCause()) {
            case TASK_END_CAUSE_CANCELLED -> "cancelled";
            case TASK_END_CAUSE_TIMED_OUT -> "ran longer than its time limit";
            case TASK_END_CAUSE_START_FAILED -> "could not be started: " + ended.getDetail();
            case TASK_END_CAUSE_AGENT_RESTARTED -> "outcome unknown: the agent restarted while it ran";
            case TASK_END_CAUSE_EXITED, TASK_END_CAUSE_UNSPECIFIED, UNRECOGNIZED ->
                ended.getSignal().isEmpty() ? ended.getDetail() : "ended by signal " + ended.getSignal();
        };
    }

    private static String cut(String reason) {
        return reason.length() <= REASON_CHARS_MAX ? reason : reason.substring(0, REASON_CHARS_MAX);
    }
}
