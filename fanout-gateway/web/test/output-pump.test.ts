import { expect, test } from 'vitest';
import { OutputPump, PENDING_BYTES_MAX, WRITE_BYTES_MAX } from '../src/terminal/output-pump';

function recording() {
  const writes: Uint8Array[] = [];
  const done: (() => void)[] = [];
  const dropped: number[] = [];
  const pump = new OutputPump((bytes, finished) => { writes.push(bytes); done.push(finished); }, (bytes) => dropped.push(bytes));
  return { pump, writes, done, dropped };
}
const text = (writes: Uint8Array[]) => writes.map((w) => new TextDecoder().decode(w));
const bytes = (s: string) => new TextEncoder().encode(s);

test('one write at a time; what came meanwhile goes out as one, in order', () => {
  const { pump, writes, done } = recording();
  for (const part of ['a', 'b', 'c']) pump.push(bytes(part));
  expect(text(writes)).toEqual(['a']);
  done[0]!();
  expect(text(writes)).toEqual(['a', 'bc']);
  done[1]!();
  pump.push(bytes('d'));
  expect(text(writes)).toEqual(['a', 'bc', 'd']);
});

test('a write is bounded, unless one chunk alone is larger', () => {
  const { pump, writes, done } = recording();
  pump.push(bytes('x'));
  const half = new Uint8Array(WRITE_BYTES_MAX / 2 + 1);
  pump.push(half);
  pump.push(half);
  done[0]!();
  expect(writes[1]!.length).toBe(half.length);
  done[1]!();
  expect(writes[2]!.length).toBe(half.length);
});

test('past the limit everything that waits is dropped, once, until a reset', () => {
  const { pump, writes, done, dropped } = recording();
  pump.push(bytes('x'));
  const chunk = new Uint8Array(PENDING_BYTES_MAX / 2);
  pump.push(chunk);
  pump.push(chunk);
  expect(dropped).toEqual([]);
  pump.push(bytes('y'));
  pump.push(bytes('z'));
  expect(dropped).toEqual([PENDING_BYTES_MAX + 1]);
  done[0]!();
  expect(writes).toHaveLength(1);
  pump.reset();
  pump.push(bytes('fresh'));
  expect(text(writes)).toEqual(['x', 'fresh']);
});

test('a write that ends after a reset starts nothing', () => {
  const { pump, writes, done } = recording();
  pump.push(bytes('old'));
  pump.reset();
  pump.push(bytes('new'));
  pump.push(bytes('er'));
  done[0]!();
  expect(text(writes)).toEqual(['old', 'new']);
  done[1]!();
  expect(text(writes)).toEqual(['old', 'new', 'er']);
});

test('one chunk over the limit is written when nothing waits', () => {
  const { pump, writes, dropped } = recording();
  pump.push(new Uint8Array(PENDING_BYTES_MAX + 1));
  expect(writes).toHaveLength(1);
  expect(dropped).toEqual([]);
});
