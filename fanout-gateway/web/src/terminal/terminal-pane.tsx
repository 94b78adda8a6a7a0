import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import { roleAllows, type NodeView, type Problem, type Task } from '../api/types';
import { CancelButton } from '../tasks/task-list';
import { noShell, own, ownShells } from '../tasks/run-command';
import { hasEnded, isShell, titleOf } from '../state/task-order';
import { connection, loadTask, loadTasksAgain, tasks, tasksLoaded, tasksProblem } from '../state/app-state';
import { useLoadAgain } from '../state/load-again';
import { hashOf, route } from '../state/router';
import { bytes, timeOfDay } from '../ui/format';
import { Icon } from '../ui/icon';
import { ProblemBox } from '../ui/problem-box';
import { TaskBadge } from '../ui/status';
import { notify } from '../ui/toasts';
import { earlyKeys } from './early-keys';
import { LiveTerminal, type LiveState, type Sizing } from './live-terminal';
import { PasteDialog, type Pasting } from './paste-dialog';

export function TerminalPane({ node }: { node: NodeView }) {
  const { taskId } = route.value;
  const all = tasks.value;
  const loaded = tasksLoaded.value;
  const missing = useSignal<{ taskId: string; problem: Problem } | null>(null);
  const chosen = taskId === null ? latest(all) : all.get(taskId);
  const unknown = loaded && taskId !== null && chosen === undefined;
  const look = async () => {
    if (taskId === null) return;
    missing.value = null;
    const problem = await loadTask(node.nodeId, taskId);
    missing.value = problem && { taskId, problem };
  };
  useEffect(() => {
    if (unknown) void look();
  }, [unknown, taskId]);
  useLoadAgain(() => unknown && missing.peek()?.taskId === taskId, look);

  if (unknown && missing.value?.taskId === taskId) {
    return (
      <ProblemBox problem={missing.value.problem}>
        {missing.value.problem.code !== 'not-found' && <button type="button" class="button" onClick={() => void look()}>Try again</button>}
        <a class="button" href={hashOf({ nodeId: node.nodeId })}>Show the latest terminal</a>
      </ProblemBox>
    );
  }
  if (chosen === undefined && tasksProblem.value) {
    return (
      <ProblemBox problem={tasksProblem.value}>
        <button type="button" class="button" onClick={loadTasksAgain}>Try again</button>
      </ProblemBox>
    );
  }
  if (chosen === undefined && (unknown || !loaded)) return <div class="empty" aria-busy="true"><span class="spinner" /></div>;
  if (!chosen) {
    return (
      <div class="empty">
        <h3>No terminal yet</h3>
        <p>Run a command above, or open a shell. Both appear here live.</p>
        <button type="button" class="button" disabled={noShell(node) !== null} title={noShell(node) ?? undefined} onClick={() => document.getElementById('open-shell')?.click()}><Icon name="terminal" />Open shell</button>
      </div>
    );
  }
  return (
    <div class="terminal-pane">
      <Strip node={node} all={all} chosen={chosen} />
      <Screen key={chosen.taskId} node={node} task={chosen} />
    </div>
  );
}

/** The newest running terminal, else the newest. */
function latest(all: ReadonlyMap<string, Task>): Task | undefined {
  let newest: Task | undefined;
  for (const task of all.values()) {
    if (!hasEnded(task)) return task;
    newest ??= task;
  }
  return newest;
}

const STRIP_MAX = 12;

function Strip({ node, all, chosen }: { node: NodeView; all: ReadonlyMap<string, Task>; chosen: Task }) {
  const running = [...all.values()].filter((task) => !hasEnded(task) || task === chosen);
  if (running.length < 2) return null;
  return (
    <nav class="strip" aria-label="Open terminals">
      {running.slice(0, STRIP_MAX).map((task) => (
        <a key={task.taskId} href={hashOf({ nodeId: node.nodeId, tab: 'terminal', taskId: task.taskId })}
          aria-current={task === chosen ? 'true' : undefined} title={titleOf(task)}>
          <i class={hasEnded(task) ? 'off' : 'on'} /><span class="ellipsis">{titleOf(task)}</span>{isShell(task) && task.createdAt && <small>{timeOfDay(task.createdAt)}</small>}
        </a>
      ))}
    </nav>
  );
}

function Screen({ node, task }: { node: NodeView; task: Task }) {
  const box = useRef<HTMLDivElement>(null);
  const live = useRef<LiveTerminal | null>(null);
  const state = useSignal<LiveState>({ kind: 'attaching' });
  const notice = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(null);
  const pasting = useSignal<Pasting | null>(null);
  const isOwn = ownShells.value.has(task.taskId);
  const mayType = task.pty != null && !hasEnded(task) && roleAllows(node.role, 'type');

  useEffect(() => {
    let gone = false;
    problem.value = null;
    import('./xterm').then(
      (parts) => {
        if (gone || !box.current) return;
        const isOwnNow = ownShells.peek().has(task.taskId);
        const sizing: Sizing = task.pty == null ? 'pipe' : isOwnNow && !hasEnded(task) ? 'pane' : 'process';
        live.current = new LiveTerminal(box.current, parts, connection, task, sizing, mayType, {
          state: (to) => {
            state.value = to;
            if (to.kind === 'live') problem.value = null;
          },
          notice: (text) => (notice.value = text),
          problem: (given) => (problem.value = given),
          confirmPaste: (text, go) => (pasting.value = { text, go }),
          leave: () => document.querySelector<HTMLElement>('[data-testid=tab-terminal]')?.focus(),
        }, (bytesMax) => api.rawOutput(task.nodeId, task.taskId, bytesMax));
        if (mayType && isOwnNow) takeFocus(live.current);
      },
      (error) => (problem.value = problemOf(error)),
    );
    return () => {
      gone = true;
      if (live.current?.close()) notify.info('What you typed last was not sent: you left the terminal before it was joined.');
      live.current = null;
    };
  }, [task.taskId]);

  // The feed may report a new shell before the answer that says that the shell is ours.
  useEffect(() => {
    if (!isOwn || !mayType) return;
    live.current?.takeSize();
    if (live.current) takeFocus(live.current);
  }, [isOwn]);

  const dropped = task.inputDroppedBytes ?? 0;
  const told = useRef(dropped);
  useEffect(() => {
    if (dropped > told.current) notice.value = `${bytes(dropped - told.current)} of what was typed was dropped: the program does not read it. Wait, or paste less at once.`;
    told.current = dropped;
  }, [dropped]);

  const ended = state.value.kind === 'ended' || hasEnded(task);
  return (
    <>
      <div class="terminal-head">
        <code class="grow ellipsis" title={titleOf(task)}>{titleOf(task)}</code>
        <TaskBadge state={task.state} />
        {ended && exitText(task, state.value)}
        {!ended && mayType && !isOwn && (
          <button type="button" class="button small" onClick={() => own(task.taskId)} title="The terminal gets the size of this window, for everyone who watches it">Fit<span class="wide-only"> to this window</span></button>
        )}
        <a class="icon-button" href={hashOf({ nodeId: node.nodeId, tab: 'history', taskId: task.taskId })} aria-label="History of this terminal" title="History of this terminal">
          <Icon name="lines" />
        </a>
        {!ended && <CancelButton node={node} task={task} label={isShell(task) ? 'End' : 'Stop'} />}
      </div>
      {problem.value && (
        <ProblemBox problem={problem.value}>
          <button type="button" class="button" onClick={() => { problem.value = null; live.current?.restart(); }}>Try again</button>
        </ProblemBox>
      )}
      {notice.value && (
        <div class="notice" role="status" data-testid="terminal-notice">
          <span class="grow">{notice.value}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => (notice.value = null)}><Icon name="close" /></button>
        </div>
      )}
      <div class={`screen${mayType && !ended ? ' typable' : ''}`} data-testid="terminal" data-task-id={task.taskId} data-state={ended ? 'ended' : state.value.kind}
        data-typable={mayType && !ended} aria-label={`Terminal: ${titleOf(task)}${mayType && !ended ? '. Control Shift L leaves it.' : ''}`} role="group" onClick={() => live.current?.focus()}>
        <div class="screen-box" ref={box} />
      </div>
      {pasting.value && <PasteDialog pasting={pasting.value} onClose={() => { pasting.value = null; live.current?.focus(); }} />}
      {mayType && !ended && <TouchKeys type={(key) => live.current?.type(key)} />}
      {!ended && task.pty == null && task.state === 'RUNNING' && <p class="hint">This command has no terminal to type into. Open a shell to type.</p>}
      {(task.state === 'QUEUED' || task.state === 'DISPATCHED') && (
        <p class="hint" role="status"><span class="spinner" /> {task.state === 'QUEUED' && node.status !== 'ONLINE' ? `Waiting until ${node.name} is online.` : 'Waiting for the node to start it.'}</p>
      )}
    </>
  );
}

/** The keys typed while the shell opened go first. */
function takeFocus(live: LiveTerminal): void {
  live.focus();
  live.send(earlyKeys.take());
}

const TOUCH_KEYS: readonly (readonly [string, string, string])[] = [
  ['Esc', 'Escape', '\x1b'], ['Tab', 'Tab', '\t'], ['^C', 'Control C', '\x03'], ['^D', 'Control D', '\x04'],
  ['↑', 'Up', '\x1b[A'], ['↓', 'Down', '\x1b[B'], ['←', 'Left', '\x1b[D'], ['→', 'Right', '\x1b[C'],
];

/**
 * The keys that a shell needs and that touch keyboards lack. They leave the focus where it is, so that the keyboard
 * stays open.
 */
function TouchKeys({ type }: { type: (key: string) => void }) {
  return (
    <div class="touch-keys" role="group" aria-label="Keys">
      {TOUCH_KEYS.map(([label, name, key]) => (
        <button key={label} type="button" class="button" aria-label={name} onPointerDown={(event) => event.preventDefault()} onMouseDown={(event) => event.preventDefault()}
          onClick={() => type(key)}>{label}</button>
      ))}
    </div>
  );
}

function exitText(task: Task, state: LiveState) {
  const code = task.exitCode ?? (state.kind === 'ended' ? state.exitCode : null);
  return code === null ? null : <span class={`exit${code === 0 ? '' : ' bad'}`} data-testid="exit-code">exit {code}</span>;
}
