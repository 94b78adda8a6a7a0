import { ApiError, noAnswer, problemFrom, UNKNOWN_OUTCOME, UNREACHABLE } from './problem';
import { sessionHasEnded } from './session-end';
import type { Invite, Me, NodeList, NodeView, Status, Task, TerminalHistory } from './types';

const BASE = '/api/v1';
/** How long a request may wait for its answer to begin, and how long the whole answer may take. */
export const ANSWER_DEADLINE_MS = 15_000;
export const BODY_DEADLINE_MS = 60_000;

export interface RunRequest {
  command?: string;
  argv?: string[];
  pty?: { cols: number; rows: number };
  timeoutSeconds?: number;
  idempotencyKey: string;
}

export interface NodeQuery {
  q?: string;
  labels?: string[];
  statuses?: Status[];
  limit?: number;
  after?: string;
}

export interface HistoryQuery {
  terminal?: string;
  lines?: number;
  /** Exclusive. */
  before?: number;
  /** Inclusive. */
  after?: number;
  grep?: string;
}

async function send(method: string, url: string, body?: unknown, type = 'application/json'): Promise<Response> {
  let response: Response;
  const aborter = new AbortController();
  let timer = setTimeout(() => aborter.abort(), ANSWER_DEADLINE_MS);
  try {
    response = await fetch(url, {
      method,
      signal: aborter.signal,
      credentials: 'same-origin',
      headers: { accept: 'application/json, */*;q=0.5', ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(aborter.signal.aborted ? noAnswer(method, ANSWER_DEADLINE_MS) : { ...UNREACHABLE, ...(method === 'GET' ? {} : UNKNOWN_OUTCOME) });
  } finally {
    clearTimeout(timer);
  }
  timer = setTimeout(() => aborter.abort(), BODY_DEADLINE_MS);
  if (response.ok) return response;
  if (response.status === 401 && !url.startsWith('/signin/') && url !== `${BASE}/me`) sessionHasEnded();
  const retryAfter = Number(response.headers.get('retry-after'));
  const given: unknown = await response.json().catch(() => null);
  throw new ApiError(problemFrom(response.status, given), Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null);
}

async function json<T>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
  const response = await send(method, BASE + path, body, type);
  try {
    return (await response.json()) as T;
  } catch {
    // The answer broke off, or took longer than its deadline.
    throw new ApiError(method === 'GET' ? UNREACHABLE : { ...UNREACHABLE, ...UNKNOWN_OUTCOME });
  }
}

const id = encodeURIComponent;

export const api = {
  /**
   * The signed-in user, and the time at which the sign-in ends. The time is by this machine's clock, whatever the
   * server's clock says.
   */
  async me(): Promise<{ who: Me; endsAt: number | null }> {
    const response = await send('GET', `${BASE}/me`);
    const who = (await response.json()) as Me;
    const left = Date.parse(who.expiresAt ?? '') - Date.parse(response.headers.get('date') ?? '');
    return { who, endsAt: Number.isFinite(left) ? Date.now() + left : null };
  },
  signInWithToken: (token: string) => send('POST', '/signin/token', { token }).then(() => undefined),
  signOut: () => send('POST', '/signout').then(() => undefined),

  listNodes(query: NodeQuery): Promise<NodeList> {
    const params = new URLSearchParams();
    for (const status of query.statuses ?? []) params.append('status', status);
    for (const label of query.labels ?? []) params.append('label', label);
    if (query.q) params.set('q', query.q);
    if (query.limit) params.set('limit', String(query.limit));
    if (query.after) params.set('after', query.after);
    return json('GET', `/nodes?${params}`);
  },
  createNode: (node: { name: string; labels?: Record<string, string>; groups?: string[]; idempotencyKey: string }) =>
    json<{ node: NodeView; invite: Invite }>('POST', '/nodes', node),
  patchNode: (nodeId: string, patch: Record<string, unknown>) =>
    json<{ node: NodeView }>('PATCH', `/nodes/${id(nodeId)}`, patch, 'application/merge-patch+json'),
  deleteNode: (nodeId: string) => send('DELETE', `${BASE}/nodes/${id(nodeId)}`).then(() => undefined),
  newInvite: (nodeId: string, idempotencyKey: string) =>
    json<{ invite: Invite }>('POST', `/nodes/${id(nodeId)}/invites`, { idempotencyKey }),
  revokeCredential: (nodeId: string) => send('DELETE', `${BASE}/nodes/${id(nodeId)}/credential`).then(() => undefined),

  listTasks: (nodeId: string, after: string | null = null) =>
    json<{ tasks: Task[]; next: string | null }>('GET', `/nodes/${id(nodeId)}/tasks${after ? `?after=${id(after)}` : ''}`),
  task: (nodeId: string, taskId: string) => json<{ task: Task }>('GET', `/nodes/${id(nodeId)}/tasks/${id(taskId)}`),
  run: (nodeId: string, request: RunRequest) => json<{ task: Task }>('POST', `/nodes/${id(nodeId)}/tasks`, request),
  cancelTask: (nodeId: string, taskId: string) =>
    send('POST', `${BASE}/nodes/${id(nodeId)}/tasks/${id(taskId)}/cancel`).then(() => undefined),

  history(nodeId: string, query: HistoryQuery): Promise<{ terminals: TerminalHistory[] }> {
    return json('GET', `/nodes/${id(nodeId)}/history?${historyParams(query, 'json')}`);
  },
  historyTextUrl: (nodeId: string, query: HistoryQuery) => `${BASE}/nodes/${id(nodeId)}/history?${historyParams(query, 'text')}`,
  /**
   * The bytes that a task printed. Null if their retention is over, if they are more than `bytesMax`, or if they cannot
   * be read now.
   */
  async rawOutput(nodeId: string, taskId: string, bytesMax: number): Promise<Uint8Array | null> {
    try {
      const response = await send('GET', api.outputUrl(nodeId, taskId, 'raw'));
      const length = Number(response.headers.get('content-length') ?? NaN);
      if (!(length <= bytesMax)) {
        await response.body?.cancel();
        return null;
      }
      return new Uint8Array(await response.arrayBuffer());
    } catch {
      return null;
    }
  },
  outputUrl: (nodeId: string, taskId: string, format: 'raw' | 'text') =>
    `${BASE}/nodes/${id(nodeId)}/tasks/${id(taskId)}/output?format=${format}`,
};

function historyParams(query: HistoryQuery, format: string): URLSearchParams {
  const params = new URLSearchParams({ format });
  if (query.terminal) params.set('terminal', query.terminal);
  if (query.lines !== undefined) params.set('lines', String(query.lines));
  if (query.before !== undefined) params.set('before', String(query.before));
  if (query.after !== undefined) params.set('after', String(query.after));
  if (query.grep) params.set('grep', query.grep);
  return params;
}

/** A random key; `crypto.randomUUID` is missing on plain-http pages that are not on loopback. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}
