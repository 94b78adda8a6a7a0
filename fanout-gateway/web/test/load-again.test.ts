import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError, noAnswer, problemFrom } from '../src/api/problem';
import { noteState, overReturns, returns } from '../src/state/load-again';

describe('the return of the server', () => {
  beforeEach(() => noteState('live'));

  test('is counted after silence, doubt or a lost connection, once each', () => {
    for (const kind of ['silent', 'stale', 'offline', 'waiting', 'refused', 'stopped'] as const) {
      const before = returns.peek();
      noteState(kind);
      noteState('connecting');
      noteState('loading');
      expect(returns.peek()).toBe(before);
      noteState('live');
      noteState('live');
      expect(returns.peek()).toBe(before + 1);
    }
  });

  test('is not counted for a feed that lagged or loaded', () => {
    const before = returns.peek();
    for (const kind of ['lagging', 'live', 'loading', 'live'] as const) noteState(kind);
    expect(returns.peek()).toBe(before);
  });

  test('has a request repeated that was sent before it and failed after it', async () => {
    let tries = 0;
    const answer = await overReturns(async () => {
      if (++tries > 1) return 'answer';
      noteState('silent');
      noteState('live');
      throw new ApiError(noAnswer('GET', 15_000));
    });
    expect([answer, tries]).toEqual(['answer', 2]);
  });

  test('has no request repeated that fails for another reason, or while the server stays away', async () => {
    let tries = 0;
    const away = overReturns(async () => {
      tries++;
      noteState('silent');
      throw new ApiError(noAnswer('GET', 15_000));
    });
    await expect(away).rejects.toThrow();
    const refused = overReturns(async () => {
      tries++;
      noteState('live');
      throw new ApiError(problemFrom(404, null));
    });
    await expect(refused).rejects.toThrow();
    expect(tries).toBe(2);
  });
});
