import { newKey } from './client';
import { ApiError, UNREACHABLE } from './problem';

const TRIES_MAX = 4;
const WAIT_SECONDS_MAX = 10;

/**
 * The idempotency key of a form that creates something. It stays the same while the form's content stays the same, so
 * pressing the button again after a failure does not create the thing twice.
 */
export class RequestKey {
  private content = '';
  private key = '';

  constructor(private readonly make: () => string = newKey) {}

  of(content: unknown): string {
    const text = JSON.stringify(content);
    if (text !== this.content || this.key === '') {
      this.content = text;
      this.key = this.make();
    }
    return this.key;
  }
}

const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Repeats the request while the server is unavailable or the answer was lost. The request must have an idempotency key,
 * or change nothing when repeated.
 */
export async function repeat<T>(ask: () => Promise<T>, wait: (seconds: number) => Promise<void> = sleep): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof ApiError && (error.problem.code === 'unavailable' || error.problem.code === UNREACHABLE.code);
      if (!again || tries === TRIES_MAX) throw error;
      await wait(Math.min(WAIT_SECONDS_MAX, error.retryAfterSeconds ?? 1));
    }
  }
}
