import { expect, test } from 'vitest';
import type { Sent } from '../src/feed/connection';
import { FRAME_CHARS_MAX, HOLD_MS, InputQueue, SEND_EVERY_MS, WAITING_CHARS_MAX } from '../src/terminal/input-queue';

function queue(became: () => Sent = () => 'sent', released = true) {
  const sent: string[] = [];
  const lost: string[] = [];
  const timers: { action: () => void; at: number }[] = [];
  let time = 0;
  const input = new InputQueue(
    (data) => {
      const to = became();
      if (to === 'sent') sent.push(data);
      return to;
    },
    (why) => lost.push(why),
    () => time,
    (action, ms) => timers.push({ action, at: time + ms }),
  );
  if (released) input.release();
  const pass = (ms: number) => {
    const until = time + ms;
    for (;;) {
      const due = timers.sort((a, b) => a.at - b.at)[0];
      if (!due || due.at > until) break;
      timers.shift();
      time = due.at;
      due.action();
    }
    time = until;
  };
  return { input, sent, lost, pass };
}

test('a key after a pause goes at once, and those close behind go together in order', () => {
  const { input, sent, pass } = queue();
  for (const key of ['l', 's', '\r']) input.push(key);
  expect(sent).toEqual(['l']);
  pass(SEND_EVERY_MS);
  expect(sent).toEqual(['l', 's\r']);
  pass(1_000);
  input.push('x');
  expect(sent).toEqual(['l', 's\r', 'x']);
});

test('a large paste goes in parts that tear no character', () => {
  const { input, sent, pass } = queue();
  const paste = 'x'.repeat(FRAME_CHARS_MAX - 1) + '😀'.repeat(FRAME_CHARS_MAX);
  input.push(paste);
  pass(1_000);
  expect(sent.join('')).toBe(paste);
  expect(sent.length).toBeGreaterThan(2);
  for (const part of sent) {
    expect(part.length).toBeLessThanOrEqual(FRAME_CHARS_MAX);
    expect(new TextDecoder().decode(new TextEncoder().encode(part))).toBe(part);
  }
});

test('what is too much is refused whole', () => {
  const { input, sent, lost, pass } = queue();
  input.push('x'.repeat(WAITING_CHARS_MAX + 1));
  pass(1_000);
  expect([sent, lost]).toEqual([[], ['too-much']]);
});

test('what is typed without a connection is not sent later', () => {
  let up = false;
  const { input, sent, lost, pass } = queue(() => (up ? 'sent' : 'refused'));
  input.push('rm -rf x\r');
  expect(lost).toEqual(['not-connected']);
  up = true;
  pass(1_000);
  input.push('ls\r');
  expect(sent).toEqual(['ls\r']);
});

test('what is typed while the terminal is being attached is sent then', () => {
  const { input, sent, lost } = queue(() => 'sent', false);
  input.push('l');
  input.push('s');
  expect([sent, lost]).toEqual([[], []]);
  input.release();
  expect(sent).toEqual(['ls']);
});

test('what is typed while a terminal is joined again after a reconnect is sent then, in order', () => {
  let became: Sent = 'sent';
  const { input, sent, lost, pass } = queue(() => became);
  input.push('a');
  pass(1_000);
  became = 'later';
  input.push('b');
  input.push('c');
  pass(1_000);
  became = 'sent';
  input.release();
  pass(1_000);
  expect([sent.join(''), lost]).toEqual(['abc', []]);
});

test('what was typed for a terminal that is not joined in time is dropped with a notice, and never sent later', () => {
  const { input, sent, lost, pass } = queue(() => 'sent', false);
  input.push('rm -rf x\r');
  pass(HOLD_MS - 1);
  expect(lost).toEqual([]);
  pass(1);
  expect(lost).toEqual(['not-attached']);
  input.release();
  pass(1_000);
  expect(sent).toEqual([]);
  input.push('ls\r');
  expect(sent).toEqual(['ls\r']);
});

test('what waits is refused when the attach is, and nothing is said where nothing waits', () => {
  const { input, lost } = queue(() => 'sent', false);
  input.refuse('not-attached');
  expect(lost).toEqual([]);
  input.push('x');
  input.refuse('not-attached');
  input.release();
  expect(lost).toEqual(['not-attached']);
});
