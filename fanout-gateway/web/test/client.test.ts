import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ANSWER_DEADLINE_MS, api, BODY_DEADLINE_MS } from '../src/api/client';
import { ApiError } from '../src/api/problem';
import { onSessionEnd } from '../src/api/session-end';

let ended = 0;
beforeEach(() => {
  vi.useFakeTimers();
  ended = 0;
  onSessionEnd(() => ended++);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A server that takes requests and says nothing until the page gives up. */
function frozen(body = false) {
  const never = (signal: AbortSignal) => new Promise<never>((_, no) => signal.addEventListener('abort', () => no(new DOMException('', 'AbortError'))));
  vi.stubGlobal('fetch', (_: string, { signal }: { signal: AbortSignal }) =>
    body ? Promise.resolve({ ok: true, status: 200, headers: new Headers(), json: () => never(signal) }) : never(signal));
}

const failure = (asked: Promise<unknown>) => asked.then(() => null, (error) => (error as ApiError).problem);

test('every request has a deadline, and a change says that it may have been made', async () => {
  frozen();
  const read = failure(api.listTasks('n'));
  const change = failure(api.run('n', { command: 'date', idempotencyKey: 'k' }));
  await vi.advanceTimersByTimeAsync(ANSWER_DEADLINE_MS - 1);
  let over = false;
  void read.then(() => { over = true; });
  await Promise.resolve();
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await read).toMatchObject({ code: 'no-answer', detail: null });
  expect((await change)?.detail).toContain('may have done it');
});

test('an answer that does not end has a deadline, too', async () => {
  frozen(true);
  const read = failure(api.listTasks('n'));
  await vi.advanceTimersByTimeAsync(BODY_DEADLINE_MS);
  expect(await read).toMatchObject({ code: 'unreachable' });
});

test('any 401 says that the session has ended, but not one to the question who is signed in, or to a token', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 401 })));
  for (const asked of [api.me(), api.signInWithToken('x')]) expect((await failure(asked))?.code).toBe('unauthenticated');
  expect(ended).toBe(0);
  for (const asked of [api.listTasks('n'), api.run('n', { command: 'x', idempotencyKey: 'k' }), api.deleteNode('n'), api.history('n', {})]) await failure(asked);
  expect(ended).toBe(4);
});
