import { describe, expect, test } from 'vitest';
import { ApiError, nextStep, problemFrom, problemOf } from '../src/api/problem';
import { roleAllows, type NodeView, type Task } from '../src/api/types';
import { DELAY_MS_MAX, delayMs } from '../src/feed/backoff';
import { bytesOf } from '../src/feed/frames';
import { busiest } from '../src/fleet/busiest';
import { fit, indexAt } from '../src/fleet/heat-map';
import { sortKey } from '../src/state/natural-order';
import { COMMANDS_MAX, CommandMemory } from '../src/tasks/command-memory';
import { elsewhere } from '../src/new-node/join-line';
import { fold, hasEnded, isShell, TASKS_MAX, titleOf } from '../src/state/task-order';
import { hashOf, parseRoute } from '../src/state/router';
import { fontFor } from '../src/terminal/size';
import { ago, bytes, duration, formatLabels, parseLabels } from '../src/ui/format';

describe('backoff', () => {
  test('grows to its limit, with full jitter and a floor', () => {
    expect([0, 1, 2, 3].map((n) => delayMs(n, () => 1))).toEqual([500, 1000, 2000, 4000]);
    expect(delayMs(1_000, () => 1)).toBe(DELAY_MS_MAX);
    expect(delayMs(5, () => 0)).toBe(100);
  });
});

describe('problems', () => {
  test('a problem keeps what the server said', () => {
    const problem = problemFrom(500, { title: 'T', detail: 'D', code: 'internal', errorId: 'e1' });
    expect(problem).toEqual({ title: 'T', status: 500, detail: 'D', code: 'internal', errorId: 'e1' });
  });
  test('an answer that is no problem still has a code, a title and a next step', () => {
    const problem = problemFrom(503, null);
    expect(problem.code).toBe('unavailable');
    expect(problem.title).toContain('503');
    expect(nextStep(problem)).toContain('Try again');
  });
  test('a code of the future falls back on its status', () => {
    expect(nextStep(problemFrom(404, { code: 'of-the-future' }))).toBe(nextStep(problemFrom(404, null)));
  });
  test('whatever is thrown becomes a problem', () => {
    const problem = problemFrom(409, { code: 'task-ended' });
    expect(problemOf(new ApiError(problem))).toBe(problem);
    expect(problemOf(new TypeError('x')).code).toBe('page-error');
  });
});

test('roles are ordered, and an unknown one gives nothing', () => {
  expect(roleAllows('run', 'type')).toBe(true);
  expect(roleAllows('RUN', 'admin')).toBe(false);
  expect(roleAllows('king', 'view')).toBe(false);
});

test('names sort as people count', () => {
  const names = ['web-10', 'Web-2', 'web-1', 'db', 'web-02a'];
  expect(names.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))).toEqual(['db', 'web-1', 'Web-2', 'web-02a', 'web-10']);
});

test('base64 gives bytes, not characters', () => {
  expect([...bytesOf('AP/Dqeg=')]).toEqual([0, 255, 0xc3, 0xa9, 0xe8]);
});

describe('tasks', () => {
  const task = (taskId: string, over: Partial<Task> = {}): Task => ({ taskId, nodeId: 'n', state: 'QUEUED', createdAt: '2026-01-01T00:00:00Z', ...over });
  test('a list that was asked for early does not undo a newer frame', () => {
    const live = fold(new Map(), [task('a', { state: 'SUCCEEDED', exitCode: 0 })]);
    expect(fold(live, [task('a', { state: 'RUNNING' })]).get('a')?.state).toBe('SUCCEEDED');
    expect(fold(live, [task('a', { state: 'SUCCEEDED', exitCode: 7 })]).get('a')?.exitCode).toBe(7);
  });
  test('the newest come first, and only so many', () => {
    const many = Array.from({ length: TASKS_MAX + 10 }, (_, i) => task(`t${i}`, { createdAt: new Date(i * 1000).toISOString() }));
    const folded = fold(new Map(), many);
    expect(folded.size).toBe(TASKS_MAX);
    expect([...folded.keys()][0]).toBe(`t${TASKS_MAX + 9}`);
  });
  test('a shell is called a shell, another command by its words', () => {
    expect(titleOf(task('a', { argv: ['/bin/bash', '-i'], pty: { cols: 80, rows: 24 } }))).toBe('Shell (bash)');
    expect(titleOf(task('a', { argv: ['/bin/bash', '-i'] }))).toBe('/bin/bash -i');
    expect(titleOf(task('a', { command: 'exec "${SHELL:-/bin/sh}" -i', pty: { cols: 80, rows: 24 } })), 'of the command line').toBe('Shell');
    expect(titleOf(task('a', { command: 'exec "${SHELL:-/bin/sh}" -i' }))).toBe('exec "${SHELL:-/bin/sh}" -i');
    expect(titleOf(task('a', { argv: ['echo', "it's", 'a b'] }))).toBe("echo 'it'\\''s' 'a b'");
    expect(titleOf(task('a', { command: 'ls | wc' }))).toBe('ls | wc');
    expect(isShell(task('a', { argv: ['bash', '-c', 'x'], pty: { cols: 1, rows: 1 } }))).toBe(false);
    expect(hasEnded(task('a', { state: 'LOST' }))).toBe(true);
  });
});

test('commands are remembered once each, newest first, and not with a space in front', () => {
  const stored = new Map<string, string>();
  const storage = { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => void stored.set(k, v) };
  const memory = new CommandMemory(storage);
  for (const c of ['a', 'b', ' secret', 'a']) memory.add(c);
  expect([1, 2, 3].map((n) => memory.back(n))).toEqual(['a', 'b', undefined]);
  for (let i = 0; i < COMMANDS_MAX + 5; i++) memory.add(`c${i}`);
  const again = new CommandMemory(storage);
  expect(again.back(1)).toBe(`c${COMMANDS_MAX + 4}`);
  expect(again.back(COMMANDS_MAX + 1)).toBeUndefined();
  expect(new CommandMemory({ getItem: () => '{broken', setItem: () => {} }).back(1)).toBeUndefined();
});

describe('the address', () => {
  test.each(['#/nodes/n_1/history/t_1', '#/nodes/n_1/terminal', '#/nodes/a%2Fb/overview', '#/'])('%s comes back as it was', (hash) => {
    expect(hashOf(parseRoute(hash))).toBe(hash);
  });
  test('what cannot be read is the fleet, or the terminal', () => {
    expect(parseRoute('#/elsewhere/x').nodeId).toBeNull();
    expect(parseRoute('#/nodes/n/unknown').tab).toBe('terminal');
    expect(parseRoute('#/nodes/%E0%A4%A').nodeId).toBe('%E0%A4%A');
  });
});

test('a map of nodes fits its box, and a point finds its node', () => {
  for (const count of [1, 14, 900, 20_000]) {
    const grid = fit(count, 900, 300);
    expect(grid.columns * grid.pitch).toBeLessThanOrEqual(900);
    expect(grid.rows * grid.pitch).toBeLessThanOrEqual(300 + grid.pitch);
  }
  const grid = fit(14, 900, 300);
  expect(indexAt(grid, 14, grid.pitch * 3 + 1, 1)).toBe(3);
  expect(indexAt(grid, 14, 890, 1)).toBe(-1);
});

test('the busiest nodes are the online ones with the most CPU', () => {
  const entry = (name: string, cpuPercent: number, status: NodeView['status'] = 'ONLINE') =>
    ({ node: { nodeId: name, name, status, version: 1, vitals: { cpuPercent } }, haystack: '', sortKey: '' });
  const entries = [entry('a', 5), entry('b', 90), entry('c', 99, 'OFFLINE'), entry('d', 50), entry('e', 70), entry('f', 1)];
  expect(busiest(entries, 3).map((n) => n.name)).toEqual(['b', 'e', 'd']);
  expect(busiest(entries, 9).map((n) => n.name)).toEqual(['b', 'e', 'd', 'a', 'f']);
});

test('a wide terminal gets a smaller font, within reason', () => {
  expect(fontFor(80, 700, 13)).toBe(13);
  expect(fontFor(160, 700, 13)).toBeLessThan(8.5);
  expect(fontFor(500, 300, 13)).toBe(8);
});

test('figures for people', () => {
  expect([0, 1023, 1536, 200 * 1024 ** 2, null].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '200 MiB', '–']);
  expect([120, 5_000, 65_000, 3_600_000, 90_000_000].map(duration)).toEqual(['120 ms', '5 s', '1 min 5 s', '1 h', '1 d 1 h']);
  const now = Date.parse('2026-01-01T00:01:00Z');
  expect(ago('2026-01-01T00:00:15Z', now)).toBe('45 s ago');
  expect(ago('2026-01-01T00:02:00Z', now), 'a clock that is ahead').toBe('now');
  expect(ago(null, now)).toBe('never');
});

test('a join line that names loopback is for this machine alone', () => {
  expect(elsewhere('infra/muster agent --join mji_x --gateway 127.0.0.1:7443')).toBe(false);
  expect(elsewhere('infra/muster agent --join mji_x --gateway localhost:7443 --ca a.pem')).toBe(false);
  expect(elsewhere('infra/muster agent --join mji_x --gateway muster.example.com:7443 --ca gateway.pem')).toBe(true);
  expect(elsewhere('infra/muster agent --join mji_x --gateway 127.example.com:7443')).toBe(true);
});

test('labels read and write the same', () => {
  expect(parseLabels(' a=1, b = x=y ,, c=')).toEqual({ a: '1', b: 'x=y', c: '' });
  expect(parseLabels(formatLabels({ env: 'prod', region: 'eu' }))).toEqual({ env: 'prod', region: 'eu' });
  expect(() => parseLabels('nonsense')).toThrow('“nonsense” is not a label');
});
