import { api } from '../api/client';
import { problemOf } from '../api/problem';
import { roleAllows, type NodeView, type Task } from '../api/types';
import { loadTasks, loadTasksAgain, now, tasks, tasksLoaded, tasksNext, tasksProblem } from '../state/app-state';
import { hashOf, route } from '../state/router';
import { ago, bytes, clockTime, duration } from '../ui/format';
import { Icon } from '../ui/icon';
import { ProblemBox } from '../ui/problem-box';
import { TaskBadge } from '../ui/status';
import { notify } from '../ui/toasts';
import { hasEnded, TASKS_MAX, titleOf } from '../state/task-order';

export function TaskList({ node }: { node: NodeView }) {
  const all = [...tasks.value.values()];
  const failed = tasksProblem.value && (
    <ProblemBox problem={tasksProblem.value}>
      <button type="button" class="button" onClick={loadTasksAgain}>Try again</button>
    </ProblemBox>
  );
  if (failed && all.length === 0) return failed;
  if (!tasksLoaded.value && all.length === 0) return <p class="muted" aria-busy="true">Loading…</p>;
  if (all.length === 0) return <p class="muted">Nothing has run here yet. Type a command above, or open a shell.</p>;
  const next = tasksNext.value;
  return (
    <>
      {failed}
      <ul class="plain tasks" data-testid="tasks">{all.map((task) => <TaskRow key={task.taskId} node={node} task={task} />)}</ul>
      {!failed && next !== null && all.length < TASKS_MAX && (
        <button type="button" class="button small" data-testid="more-tasks" onClick={() => void loadTasks(node.nodeId, next)}>Load older tasks</button>
      )}
    </>
  );
}

function TaskRow({ node, task }: { node: NodeView; task: Task }) {
  const ended = hasEnded(task);
  const shown = route.value.taskId === task.taskId;
  return (
    <li class={`task${shown ? ' shown' : ''}`} data-testid="task-row" data-task-id={task.taskId} data-state={task.state}>
      <a class="task-main" href={hashOf({ nodeId: node.nodeId, tab: 'terminal', taskId: task.taskId })} aria-current={shown ? 'true' : undefined}>
        <span class="task-title" title={titleOf(task)}>{titleOf(task)}</span>
        <span class="task-sub">
          <TaskBadge state={task.state} />
          {ended && !task.signal && task.exitCode != null && task.exitCode !== 0 && <span>exit {task.exitCode}</span>}
          {task.signal && <span>{task.signal}</span>}
          <span title={clockTime(task.createdAt)}>{timing(task)}</span>
          {task.user && <span class="ellipsis" title="The user of the node’s machine who runs it">as {task.user}</span>}
          {task.requestedBy && <span class="ellipsis">{task.requestedBy}</span>}
        </span>
        {task.reason && <span class="task-reason">{task.reason}</span>}
      </a>
      {ended ? (
        <a class="icon-button" href={api.outputUrl(node.nodeId, task.taskId, 'raw')} download={`${node.name}-${task.taskId}.out`}
          aria-label="Download the raw output" title={`Download the raw output${task.outputBytes != null ? `, ${bytes(task.outputBytes)}` : ''}`}>
          <Icon name="download" />
        </a>
      ) : (
        <CancelButton node={node} task={task} />
      )}
    </li>
  );
}

export function CancelButton({ node, task, label }: { node: NodeView; task: Task; label?: string }) {
  const allowed = roleAllows(node.role, 'run');
  const cancel = async () => {
    try {
      await api.cancelTask(node.nodeId, task.taskId);
      notify.info('Asked to stop. The state changes when the node has done it.');
    } catch (error) {
      notify.problem(problemOf(error));
    }
  };
  return (
    <button type="button" class={label ? 'button' : 'icon-button'} aria-label={label ? `${label}: cancel the task` : 'Cancel the task'} data-testid="cancel-task" disabled={!allowed}
      title={allowed ? 'Cancel the task' : 'Your role does not include this'} onClick={cancel}>
      <Icon name="stop" size={13} />{label}
    </button>
  );
}

function timing(task: Task): string {
  const from = task.startedAt ?? task.createdAt;
  if (!from) return '';
  if (task.endedAt && task.startedAt) {
    return `${duration(Date.parse(task.endedAt) - Date.parse(task.startedAt))} · ${ago(task.endedAt, now.value)}`;
  }
  return hasEnded(task) ? ago(task.endedAt ?? from, now.value) : `for ${duration(now.value - Date.parse(from))}`;
}
