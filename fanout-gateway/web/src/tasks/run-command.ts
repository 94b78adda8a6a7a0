import { signal } from '@preact/signals';
import { api, newKey, type RunRequest } from '../api/client';
import { ApiError } from '../api/problem';
import { repeat } from '../api/repeat';
import { roleAllows, type NodeView, type Task } from '../api/types';
import { addTask } from '../state/app-state';

const OWN_SHELLS_KEY = 'muster-own-shells';
const OWN_SHELLS_MAX = 100;

/** Shells that this tab opened, or took the size of: its window decides their size. A reload keeps them. */
export const ownShells = signal<ReadonlySet<string>>(load());

/** A request with its own key: it runs once, however often it is sent. */
export function keyed(request: Omit<RunRequest, 'idempotencyKey'>): RunRequest {
  return { ...request, idempotencyKey: newKey() };
}

/** Creates a task; repeats the request under the same key until an answer comes. */
async function run(nodeId: string, request: RunRequest): Promise<Task> {
  return (await repeat(() => api.run(nodeId, request))).task;
}

export async function runCommand(nodeId: string, request: RunRequest): Promise<Task> {
  const task = await run(nodeId, request);
  addTask(task);
  return task;
}

export function shellRequest(size: { cols: number; rows: number }): RunRequest {
  return keyed({ argv: ['/bin/bash', '-i'], pty: size });
}

/** Why no shell can be opened on the node; null if one can. */
export function noShell(node: NodeView): string | null {
  if (!roleAllows(node.role, 'run')) return 'Your role does not include this';
  if (node.status === 'DISABLED') return 'The node is disabled';
  if (node.status === 'NEVER_SEEN') return 'No agent has joined as this node yet';
  return null;
}

/** Whether the outcome of a request is unknown, so that it is worth sending it again under its key. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && ['no-answer', 'unreachable', 'unavailable', 'unauthenticated'].includes(error.problem.code);
}

export async function openShell(nodeId: string, request: RunRequest): Promise<Task> {
  const task = await run(nodeId, request);
  own(task.taskId);
  addTask(task);
  return task;
}

export function own(taskId: string): void {
  ownShells.value = new Set([...ownShells.value, taskId].slice(-OWN_SHELLS_MAX));
  try {
    sessionStorage.setItem(OWN_SHELLS_KEY, JSON.stringify([...ownShells.value]));
  } catch {
    // Without storage, a reload only forgets which shells have this window's size.
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
