package dev.muster.registry.task;

import dev.muster.proto.agent.v1.CancelTask;
import dev.muster.proto.agent.v1.RunTask;
import dev.muster.proto.records.v1.Task;
import dev.muster.proto.records.v1.TaskState;
import dev.muster.proto.store.v1.OpenTask;
import dev.muster.proto.store.v1.StoredQueue;
import dev.muster.registry.node.NodeDraft;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The queue of one node within a draft: every change of a task's state goes through here. */
public final class TaskQueue {
    private final TaskLimits limits;

    public TaskQueue(TaskLimits limits) {
        this.limits = limits;
    }

    /** Tasks that have not ended, by sequence. */
    public List<Task> open(NodeDraft draft) {
        List<Task> open = new ArrayList<>();
        for (OpenTask entry : draft.queue().getOpenList()) {
            draft.task(entry.getSequence()).ifPresent(open::add);
        }
        return open;
    }

    /** Adds a task at the end, queued. */
    public Task add(NodeDraft draft, Task.Builder task, long ttlMillis) {
        long sequence = draft.queue().getLastSequence() + 1;
        Task queued = task.setSequence(sequence).setState(TaskState.QUEUED).build();
        draft.put(queued);
        draft.queue(draft.queue().toBuilder()
                .setLastSequence(sequence)
                .addOpen(OpenTask.newBuilder().setSequence(sequence).setExpiresAtMillis(draft.nowMillis() + ttlMillis))
                .build());
        return queued;
    }

    /**
     * Moves a task on where the table has a next state.
     *
     * @param details what else is written down, if it does
     * @return the task as it is then; empty if nothing changed
     */
    public Optional<Task> move(
            NodeDraft draft,
            Task task,
            TaskTransitions.Event event,
            String reason,
            UnaryOperator<Task.Builder> details) {
        return TaskTransitions.next(task.getState(), event).map(next -> {
            Task moved = details.apply(task.toBuilder().setState(next).setReason(reason))
                    .build();
            draft.put(moved);
            countRunning(draft, task.getState(), next);
            if (TaskTransitions.isEnded(next)) {
                end(draft, moved);
            }
            return moved;
        });
    }

    /** As {@link #move}; an end that no agent reported has the log's time. */
    public Optional<Task> move(NodeDraft draft, Task task, TaskTransitions.Event event, String reason) {
        return move(draft, task, event, reason, builder -> {
            if (TaskTransitions.isEnded(builder.getState())) {
                builder.setEndedAtMillis(draft.nowMillis());
            }
            return builder;
        });
    }

    /** Sends a queued task to the current session, if there is one. */
    public Task dispatch(NodeDraft draft, Task task) {
        if (!draft.session().getConnected()) {
            return task;
        }
        Optional<Task> dispatched = move(
                draft,
                task,
                TaskTransitions.Event.DISPATCH,
                "",
                builder -> builder.setDispatchedAtMillis(draft.nowMillis())
                        .setInstanceId(draft.session().getInstanceId()));
        dispatched.ifPresent(sent -> send(draft, sent));
        return dispatched.orElse(task);
    }

    /** Sends RunTask; the agent drops it if its sequence is not above what is on its disk. */
    public void send(NodeDraft draft, Task task) {
        RunTask.Builder run = RunTask.newBuilder()
                .setTaskId(task.getTaskId())
                .setSequence(task.getSequence())
                .setCommand(task.getCommand())
                .addAllArgv(task.getArgvList())
                .putAllEnv(task.getEnvMap())
                .setCwd(task.getCwd())
                .setTimeoutMillis(task.getTimeoutMillis());
        if (task.hasPty()) {
            run.setPty(task.getPty());
        }
        draft.dispatch(draft.newDispatch("run " + task.getTaskId()).setRunTask(run));
    }

    /** Sends CancelTask to the current session, if there is one. */
    public void sendCancel(NodeDraft draft, Task task) {
        if (draft.session().getConnected()) {
            draft.dispatch(draft.newDispatch("cancel " + task.getTaskId())
                    .setCancelTask(CancelTask.newBuilder().setTaskId(task.getTaskId())));
        }
    }

    /** The node is gone: everything ends and is forgotten. */
    public void abandon(NodeDraft draft) {
        for (Task task : open(draft)) {
            move(draft, task, TaskTransitions.Event.ABANDON, "the node was deleted");
        }
        for (long sequence : draft.queue().getEndedList()) {
            draft.task(sequence).ifPresent(draft::forget);
        }
        draft.queue(StoredQueue.getDefaultInstance());
    }

    private void end(NodeDraft draft, Task ended) {
        StoredQueue.Builder queue = draft.queue().toBuilder().clearOpen();
        for (OpenTask open : draft.queue().getOpenList()) {
            if (open.getSequence() != ended.getSequence()) {
                queue.addOpen(open);
            }
        }
        queue.addEnded(ended.getSequence());
        int tooMany = queue.getEndedCount() - limits.endedMax();
        if (tooMany > 0) {
            List<Long> sequences = List.copyOf(queue.getEndedList());
            sequences
                    .subList(0, tooMany)
                    .forEach(sequence -> draft.task(sequence).ifPresent(draft::forget));
            queue.clearEnded().addAllEnded(sequences.subList(tooMany, sequences.size()));
        }
        draft.queue(queue.build());
    }

    private static void countRunning(NodeDraft draft, TaskState before, TaskState after) {
        int change = (after == TaskState.RUNNING ? 1 : 0) - (before == TaskState.RUNNING ? 1 : 0);
        if (change != 0) {
            draft.state(draft.state().toBuilder()
                    .setRunningTasks(draft.state().getRunningTasks() + change)
                    .build());
        }
    }
}
