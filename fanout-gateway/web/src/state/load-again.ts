import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { problemOf } from '../api/problem';
import type { Problem } from '../api/types';
import type { ConnectionState } from '../feed/connection';

/** Counts how often the feed came back after the page had no sign of the server. */
export const returns = signal(0);

let away = true;

/** Takes note of the feed's state. A feed that only lags or loads has not been away. */
export function noteState(kind: ConnectionState['kind']): void {
  if (kind === 'live' && away) returns.value++;
  away = kind === 'live' ? false : away || (kind !== 'loading' && kind !== 'lagging');
}

/** Whether the same request may succeed after the server has come back. */
function passes({ code, status }: Problem): boolean {
  return code !== 'page-error' && (status === 0 || status === 429 || status >= 500);
}

/** Makes a request; makes it again if it fails and the server came back since the request was sent. */
export async function overReturns<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    const before = returns.peek();
    try {
      return await request();
    } catch (error) {
      if (returns.peek() === before || !passes(problemOf(error))) throw error;
    }
  }
}

/** Repeats a load that failed whenever the server comes back. */
export function useLoadAgain(hasFailed: () => boolean, load: () => unknown): void {
  const seen = returns.value;
  useEffect(() => {
    if (hasFailed()) void load();
  }, [seen]);
}
