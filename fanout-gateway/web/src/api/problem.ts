import type { Problem } from './types';

/** A failed request, as a problem; also for failures that the server never saw. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }
}

/** Turns the body of any HTTP answer into a problem. */
export function problemFrom(status: number, body: unknown): Problem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  // Only one of the two: the server's title and detail say the same in two ways.
  if (status === 401) return { title: 'You are not signed in any longer', status, detail: null, code: 'unauthenticated', errorId: given.errorId ?? null };
  return {
    title: given.title || `The server answered ${status}`,
    status,
    detail: given.detail ?? null,
    code: given.code || codeOf(status),
    errorId: given.errorId ?? null,
  };
}

/** A problem for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { title: 'Something went wrong in this page', status: 0, detail: String(error), code: 'page-error', errorId: null };
}

export const UNREACHABLE: Problem = {
  title: 'The server cannot be reached',
  status: 0,
  detail: 'The request got no answer.',
  code: 'unreachable',
  errorId: null,
};

/** What the user is told about a change whose answer did not arrive. */
export const UNKNOWN_OUTCOME = { detail: 'The request got no answer. The server may have done it all the same.' };

/** The server accepted a request and did not answer within the page's deadline. */
export function noAnswer(method: string, deadlineMs: number): Problem {
  return {
    title: `The server did not answer within ${deadlineMs / 1000} s`,
    status: 0,
    detail: method === 'GET' ? null : UNKNOWN_OUTCOME.detail,
    code: 'no-answer',
    errorId: null,
  };
}

export const NEXT_STEPS: Record<string, string> = {
  unauthenticated: 'Sign in again.',
  forbidden: 'Ask the owner of this node for a higher role.',
  'origin-refused': 'Open Muster by the address that its gateway is configured with.',
  'not-found': 'It may have been deleted, or you may have lost access to it. Go back to the list.',
  'method-not-allowed': 'Reload the page: it may be of another release than the server.',
  conflict: 'Somebody else changed it, or the same request was sent with other content. Look at it again and repeat.',
  'invite-used': 'Make a new invite for the node.',
  'node-disabled': 'Enable the node first, from its menu.',
  'task-ended': 'Nothing to do: its result is in Tasks.',
  'too-many-tasks': 'Wait until some of the node’s tasks have ended, or cancel some.',
  'raw-expired': 'The raw bytes are past their retention. The clean text is still in History.',
  gone: 'It was made before and has been deleted since. Ask for a new one.',
  'precondition-failed': 'Somebody else changed it meanwhile. Look at the new values and try again.',
  'too-large': 'Send less at once.',
  'unsupported-media-type': 'Reload the page: it may be of another release than the server.',
  'range-not-satisfiable': 'Ask for a part that the output has.',
  'pattern-too-large': 'Search for a shorter pattern, with smaller counts in braces.',
  invalid: 'Correct what is named above and try again.',
  'rate-limited': 'Wait a moment and try again.',
  internal: 'This is a fault of the server. Its log holds the details under the error id.',
  unavailable: 'A part of the server, or its broker, is busy or away. Try again in a moment.',
  'not-connected': 'The node has no live connection. Try again when it is online.',
  'disk-full': 'Make room on the node’s disk, then run the command again.',
  'run-as-unsupported': 'Update the node’s agent and let it connect again, or leave the user out.',
  'run-as-refused': 'Allow that user in the settings of the node’s agent, or name another user.',
  'session-superseded': 'Another copy of this node’s agent took over. Run one agent per node.',
  'clone-suspected': 'Stop the copy of the agent, or join it as a node of its own.',
  'credential-revoked': 'Make a new invite and join the node again.',
  'node-deleted': 'The node is gone. Go back to the list.',
  'no-answer': 'It may be busy or frozen. Try again in a moment.',
  unreachable: 'Check that Muster is running and that the network is up, then try again.',
  'page-error': 'Reload the page. If it comes back, report what you did.',
};

/** One sentence that says what the user can do about it. */
export function nextStep(problem: Problem): string {
  return NEXT_STEPS[problem.code] ?? NEXT_STEPS[codeOf(problem.status)] ?? 'Try again.';
}

function codeOf(status: number): string {
  switch (status) {
    case 0: return 'unreachable';
    case 401: return 'unauthenticated';
    case 403: return 'forbidden';
    case 404: return 'not-found';
    case 409: return 'conflict';
    case 410: return 'raw-expired';
    case 412: return 'precondition-failed';
    case 413: return 'too-large';
    case 400: case 422: return 'invalid';
    case 429: return 'rate-limited';
    case 502: case 503: case 504: return 'unavailable';
    default: return 'internal';
  }
}
