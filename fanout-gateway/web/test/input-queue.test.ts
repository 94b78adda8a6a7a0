import { expect, test } from 'vitest';
import { FRAME_CHARS_MAX, InputQueue, SEND_EVERY_MS, WAITING_CHARS_MAX } from '../src/terminal/input-queue';

function queue(connected = () => true, released = true) {
  const sent: string[] = [];
  const lost: string[] = [];
  const timers: { action: () => void; at: number }[] = [];
  let time = 0;
  const input = new InputQueue(
    (data) => connected() && (sent.push(data), true),
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
  const { input, sent, lost, pass } = queue(() => up);
  input.push('rm -rf x\r');
  expect(lost).toEqual(['not-connected']);
  up = true;
  pass(1_000);
  input.push('ls\r');
  expect(sent).toEqual(['ls\r']);
});

test('what is typed while the terminal is being attached is sent then', () => {
  const { input, sent, lost } = queue(() => true, false);
  input.push('l');
  input.push('s');
  expect([sent, lost]).toEqual([[], []]);
  input.release();
  expect(sent).toEqual(['ls']);
});
