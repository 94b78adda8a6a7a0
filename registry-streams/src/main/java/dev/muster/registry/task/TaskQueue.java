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
import java.util.OptionalLong;
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
     * Moves a task on if the table has a next state.
     *
     * @param details further fields to write in that case
     * @return the task afterwards; empty if nothing changed
     */
    public Optional<Task> move(
            NodeDraft draft,
            Task task,
            TaskTransitions.Event event,
            String reason,
            UnaryOperator<Task.Builder> details) {
        return TaskTransitions.next(task.getState(), event).map(next -> {
            Task.Builder changed = details.apply(task.toBuilder().setState(next).setReason(reason));
            if (next == TaskState.RUNNING) {
                changed.setStartedAtLogMillis(draft.nowMillis());
            } else if (TaskTransitions.isEnded(next)) {
                changed.setEndedAtLogMillis(draft.nowMillis());
            }
            Task moved = changed.build();
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
                // it was created by another clock
                builder.setEndedAtMillis(Math.max(
                        draft.nowMillis(), Math.max(builder.getCreatedAtMillis(), builder.getStartedAtMillis())));
            }
            return builder;
        });
    }

    /** Gives up a task whose outcome will never be reported. */
    void lose(NodeDraft draft, Task task, String why) {
        move(draft, task, TaskTransitions.Event.LOSE, "outcome unknown: " + why);
    }

    /**
     * Gives up the tasks that were sent to an agent that can never return. Tasks that still wait, wait for the next
     * agent.
     */
    public void loseSent(NodeDraft draft, String why) {
        for (Task task : open(draft)) {
            lose(draft, task, why);
        }
    }

    /**
     * Sends a queued task to the current session, if there is one. A task with a user fails if the session's agent
     * would ignore the user.
     */
    public Task dispatch(NodeDraft draft, Task task) {
        if (!draft.session().getConnected()) {
            return task;
        }
        if (!RunAs.isSupported(draft, task.getUser())) {
            return refuse(draft, task);
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

    /** Sends a dispatched task to the current session, which may be of an older agent than the one before. */
    void sendAgain(NodeDraft draft, Task task) {
        if (RunAs.isSupported(draft, task.getUser())) {
            send(draft, task);
        } else {
            Task unused = refuse(draft, task);
        }
    }

    private Task refuse(NodeDraft draft, Task task) {
        return move(draft, task, TaskTransitions.Event.UNSUPPORTED, RunAs.reason(task.getUser()))
                .orElse(task);
    }

    /** Sends RunTask; the agent drops it if its sequence is not above what is on its disk. */
    private static void send(NodeDraft draft, Task task) {
        RunTask.Builder run = RunTask.newBuilder()
                .setTaskId(task.getTaskId())
                .setSequence(task.getSequence())
                .setCommand(task.getCommand())
                .addAllArgv(task.getArgvList())
                .putAllEnv(task.getEnvMap())
                .setCwd(task.getCwd())
                .setTimeoutMillis(task.getTimeoutMillis())
                .setUser(task.getUser());
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
        // what an older release wrote down without a time counts from now
        while (queue.getEndedAtMillisCount() < queue.getEndedCount()) {
            queue.addEndedAtMillis(draft.nowMillis());
        }
        queue.addEnded(ended.getSequence()).addEndedAtMillis(draft.nowMillis());
        draft.queue(queue.build());
        forgetOldest(draft, queue.getEndedCount() - limits.endedMax());
    }

    /** Log time at which the ended task that is kept longest is too old; empty if there is none. */
    public OptionalLong forgetsAtMillis(StoredQueue queue) {
        return queue.getEndedCount() == 0
                ? OptionalLong.empty()
                : OptionalLong.of(
                        (queue.getEndedAtMillisCount() == 0 ? 0 : queue.getEndedAtMillis(0)) + limits.endedMillisMax());
    }

    /** Forgets ended tasks that are too old. */
    public void forgetOld(NodeDraft draft) {
        StoredQueue.Builder queue = draft.queue().toBuilder();
        while (queue.getEndedAtMillisCount() < queue.getEndedCount()) {
            queue.addEndedAtMillis(draft.nowMillis());
        }
        draft.queue(queue.build());
        int old = 0;
        while (old < queue.getEndedCount()
                && queue.getEndedAtMillis(old) + limits.endedMillisMax() <= draft.nowMillis()) {
            old++;
        }
        forgetOldest(draft, old);
    }

    private static void forgetOldest(NodeDraft draft, int count) {
        if (count > 0) {
            StoredQueue queue = draft.queue();
            queue.getEndedList()
                    .subList(0, count)
                    .forEach(sequence -> draft.task(sequence).ifPresent(draft::forget));
            draft.queue(queue.toBuilder()
                    .clearEnded()
                    .addAllEnded(queue.getEndedList().subList(count, queue.getEndedCount()))
                    .clearEndedAtMillis()
                    .addAllEndedAtMillis(queue.getEndedAtMillisList().subList(count, queue.getEndedAtMillisCount()))
                    .build());
        }
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
