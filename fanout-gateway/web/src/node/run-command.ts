import { signal } from '@preact/signals';
import { api, newKey, type RunRequest } from '../api/client';
import { repeat } from '../api/repeat';
import type { Task } from '../api/types';
import { addTask } from '../session/app-state';

const OWN_SHELLS_KEY = 'muster-own-shells';
const OWN_SHELLS_MAX = 100;

/** Shells that this tab opened, or whose size it took: its window decides their size. A reload keeps them. */
export const ownShells = signal<ReadonlySet<string>>(load());

/** Asks for a task, again under the same key while there is no answer. */
export async function run(nodeId: string, request: Omit<RunRequest, 'idempotencyKey'>): Promise<Task> {
  const keyed = { ...request, idempotencyKey: newKey() };
  return (await repeat(() => api.run(nodeId, keyed))).task;
}

export async function runCommand(nodeId: string, command: string): Promise<Task> {
  const task = await run(nodeId, { command });
  addTask(task);
  return task;
}

export async function openShell(nodeId: string, size: { cols: number; rows: number }): Promise<Task> {
  const task = await run(nodeId, { argv: ['/bin/bash', '-i'], pty: size });
  own(task.taskId);
  addTask(task);
  return task;
}

export function own(taskId: string): void {
  ownShells.value = new Set([...ownShells.value, taskId].slice(-OWN_SHELLS_MAX));
  try {
    sessionStorage.setItem(OWN_SHELLS_KEY, JSON.stringify([...ownShells.value]));
  } catch {
    // Without storage a reload only forgets whose size counts.
  }
}

function load(): Set<string> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(OWN_SHELLS_KEY) ?? '[]');
    return new Set(Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}
