import { expect, test } from 'vitest';
import { ApiError, problemFrom, UNREACHABLE } from '../src/api/problem';
import { repeat, RequestKey } from '../src/api/repeat';

test('a form keeps its key while it says the same', () => {
  let made = 0;
  const key = new RequestKey(() => `k${++made}`);
  expect(key.of({ name: 'a' })).toBe('k1');
  expect(key.of({ name: 'a' })).toBe('k1');
  expect(key.of({ name: 'b' })).toBe('k2');
  expect(key.of({ name: 'a' })).toBe('k3');
});

test('what is unavailable or was not answered is asked for again, as late as the server wants', async () => {
  const answers: unknown[] = [new ApiError(problemFrom(503, { code: 'unavailable' }), 7), new ApiError(UNREACHABLE), 'made'];
  const waits: number[] = [];
  const ask = () => {
    const next = answers.shift();
    return next instanceof ApiError ? Promise.reject(next) : Promise.resolve(next);
  };
  expect(await repeat(ask, async (seconds) => void waits.push(seconds))).toBe('made');
  expect(waits).toEqual([7, 1]);
});

test('a refusal is not repeated, and repeating ends', async () => {
  let asked = 0;
  const refuse = (status: number, code: string) => () => {
    asked++;
    return Promise.reject(new ApiError(problemFrom(status, { code })));
  };
  await expect(repeat(refuse(409, 'conflict'), async () => {})).rejects.toThrow();
  expect(asked).toBe(1);
  await expect(repeat(refuse(503, 'unavailable'), async () => {})).rejects.toThrow();
  expect(asked).toBe(1 + 4);
});
