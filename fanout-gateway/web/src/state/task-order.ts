import type { Task, TaskState } from '../api/types';

const RANK: Record<TaskState, number> = {
  QUEUED: 0, DISPATCHED: 1, RUNNING: 2,
  SUCCEEDED: 3, FAILED: 3, CANCELLED: 3, TIMED_OUT: 3, EXPIRED: 3, LOST: 3,
};

/** Tasks kept for the shown node. */
export const TASKS_MAX = 500;

export function hasEnded(task: Task): boolean {
  return (RANK[task.state] ?? 3) === 3;
}

/**
 * Of two records of one task, the one that is further along: a list that was requested early may arrive after a newer
 * frame.
 */
export function newer(known: Task | undefined, given: Task): Task {
  if (known === undefined) return given;
  return (RANK[given.state] ?? 3) >= (RANK[known.state] ?? 3) ? given : known;
}

/** Merges tasks into a map, newest first, at most TASKS_MAX. */
export function fold(known: ReadonlyMap<string, Task>, given: readonly Task[]): Map<string, Task> {
  const all = new Map(known);
  for (const task of given) all.set(task.taskId, newer(all.get(task.taskId), task));
  const ordered = [...all.values()].sort(newestFirst).slice(0, TASKS_MAX);
  return new Map(ordered.map((task) => [task.taskId, task]));
}

function newestFirst(a: Task, b: Task): number {
  const left = a.createdAt ?? '';
  const right = b.createdAt ?? '';
  return left === right ? (a.taskId < b.taskId ? 1 : -1) : left < right ? 1 : -1;
}

/** A person's name for the task. */
export function titleOf(task: Task): string {
  if (isShell(task)) return task.command ? 'Shell' : `Shell (${basename(task.argv![0]!)})`;
  if (task.command) return task.command;
  const argv = task.argv ?? [];
  return argv.map(quoted).join(' ') || 'task';
}

/** What `infra/muster shell` runs: the shell of the user that the agent runs as. */
const USERS_SHELL = 'exec "${SHELL:-/bin/sh}" -i';

export function isShell(task: Task): boolean {
  if (task.command) return task.pty != null && task.command === USERS_SHELL;
  const argv = task.argv ?? [];
  return task.pty != null && /^(ba|z|da|k|fi)?sh$/.test(basename(argv[0] ?? '')) && argv.slice(1).every((a) => /^-[il]+$/.test(a));
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
