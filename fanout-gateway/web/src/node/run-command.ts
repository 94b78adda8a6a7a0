import { api, newKey, type RunRequest } from '../api/client';
import { ApiError } from '../api/problem';
import type { Task } from '../api/types';
import { addTask } from '../session/app-state';

const TRIES_MAX = 3;
const WAIT_SECONDS_MAX = 5;
const OWN_SHELLS_KEY = 'muster-own-shells';
const OWN_SHELLS_MAX = 100;

/** Asks for a task, again under the same key while the server says that it may be repeated. */
export async function run(nodeId: string, request: Omit<RunRequest, 'idempotencyKey'>): Promise<Task> {
  const keyed = { ...request, idempotencyKey: newKey() };
  for (let tries = 1; ; tries++) {
    try {
      const { task } = await api.run(nodeId, keyed);
      addTask(task);
      return task;
    } catch (error) {
      const again = error instanceof ApiError && error.problem.code === 'unavailable' && tries < TRIES_MAX;
      if (!again) throw error;
      const wait = Math.min(WAIT_SECONDS_MAX, error.retryAfterSeconds ?? 1);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

export async function openShell(nodeId: string, size: { cols: number; rows: number }): Promise<Task> {
  const task = await run(nodeId, { argv: ['/bin/bash', '-i'], pty: size });
  remember(task.taskId);
  return task;
}

/** Whether this tab opened the shell; then the window decides its size. */
export function isOwn(taskId: string): boolean {
  return ownShells().includes(taskId);
}

export function remember(taskId: string): void {
  try {
    sessionStorage.setItem(OWN_SHELLS_KEY, JSON.stringify([...ownShells(), taskId].slice(-OWN_SHELLS_MAX)));
  } catch {
    // Without storage a reload only forgets whose size counts.
  }
}

function ownShells(): string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(OWN_SHELLS_KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
