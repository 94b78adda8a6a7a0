import { expect, test } from 'vitest';
import { LINES_MAX, LineBuffer } from '../src/history/line-buffer';
import { ranges } from '../src/history/ranges';

const all = (buffer: LineBuffer) => Array.from({ length: buffer.size }, (_, i) => buffer.at(buffer.first + i));

test('lines are upserts by number', () => {
  const buffer = new LineBuffer();
  buffer.reset(10);
  buffer.apply(10, ['a', 'b', 'c'], 11, 13);
  buffer.apply(11, ['B'], 12, 13);
  expect(all(buffer)).toEqual(['a', 'B', 'c']);
  expect([buffer.first, buffer.final, buffer.next]).toEqual([10, 12, 13]);
});

test('at or above nextLine there are no lines', () => {
  const buffer = new LineBuffer();
  buffer.apply(0, ['a', 'b', 'c'], 0, 3);
  buffer.apply(0, [], 0, 1);
  expect(all(buffer)).toEqual(['a']);
  buffer.apply(0, [], 0, 0);
  expect(buffer.size).toBe(0);
});

test('a hole is not hidden', () => {
  const buffer = new LineBuffer();
  buffer.apply(0, ['a'], 0, 1);
  buffer.apply(3, ['d'], 0, 4);
  expect(all(buffer)).toEqual(['a', null, null, 'd']);
});

test('older lines go before, without those that are there and with a hole where some are missing', () => {
  const buffer = new LineBuffer();
  buffer.apply(5, ['f'], 5, 6);
  buffer.prepend(3, ['d', 'e', 'again f']);
  expect(all(buffer)).toEqual(['d', 'e', 'f']);
  buffer.prepend(0, ['a']);
  expect(all(buffer)).toEqual(['a', null, null, 'd', 'e', 'f']);
  expect(buffer.first).toBe(0);
});

test('what was skipped can be filled in, and nothing else changes', () => {
  const buffer = new LineBuffer();
  buffer.apply(0, ['a'], 0, 1);
  buffer.apply(3, ['d'], 0, 4);
  buffer.fill(-1, ['before', 'not a', 'b', 'c', 'not d', 'after']);
  expect(all(buffer)).toEqual(['a', 'b', 'c', 'd']);
});

test('the buffer is bounded, and the newest lines stay', () => {
  const buffer = new LineBuffer();
  for (let i = 0; i < LINES_MAX * 2; i += 1000) {
    buffer.apply(i, Array.from({ length: 1000 }, (_, j) => String(i + j)), i, i + 1000);
    expect(buffer.size).toBeLessThanOrEqual(LINES_MAX * 1.25 + 1000);
  }
  expect(buffer.at(LINES_MAX * 2 - 1)).toBe(String(LINES_MAX * 2 - 1));
  expect(buffer.next).toBe(LINES_MAX * 2);
});

test('a jump past the whole buffer starts again and fills no memory', () => {
  const buffer = new LineBuffer();
  buffer.apply(0, ['a'], 0, 1);
  buffer.apply(1_000_000_000, ['b'], 0, 1_000_000_001);
  expect(buffer.size).toBe(1);
  expect(buffer.first).toBe(1_000_000_000);
});

test.each([
  ['an error, an Error', 'error', [[3, 8]]],
  ['an error, an Error', '(?i)error', [[3, 8], [13, 18]]],
  ['aaa', 'x*', []],
  ['aaa', '(a+)+$', []],
  ['a[b', '[', []],
  ['x'.repeat(5_000), 'x', []],
])('what was searched for is marked: %#', (text, pattern, expected) => expect(ranges(text, pattern)).toEqual(expected));
