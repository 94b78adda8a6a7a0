import { expect, test } from 'vitest';
import type { NodeView } from '../src/api/types';
import { NODES_MAX, SAMPLES_MAX, Series, SeriesBook } from '../src/state/vitals-series';
import { linePath } from '../src/ui/sparkline';

const at = (second: number, cpuPercent: number, over: Partial<NodeView> = {}): NodeView => ({
  nodeId: 'n', name: 'n', status: 'ONLINE', version: second, memoryTotalBytes: 200,
  lastSeenAt: new Date(second * 1000).toISOString(), vitals: { cpuPercent, memoryUsedBytes: 50, load1: 1 }, ...over,
});

test('samples come back in order, as percent', () => {
  const series = new Series();
  series.add(at(10, 1));
  series.add(at(20, 2));
  expect(series.read('cpu')).toEqual([{ time: 10_000, value: 1 }, { time: 20_000, value: 2 }]);
  expect(series.read('memory', 1)).toEqual([{ time: 20_000, value: 25 }]);
  expect(series.read('disk', 1)[0]!.value).toBeNaN();
});

test('a frame that repeats a heartbeat adds nothing, and one with new values under the same coarse time does', () => {
  const series = new Series();
  expect(series.add(at(10, 1))).toBe(true);
  expect(series.add(at(10, 1))).toBe(false);
  expect(series.add(at(10, 9))).toBe(true);
  expect(series.length).toBe(2);
});

test('a node without vitals adds nothing', () => {
  expect(new Series().add(at(1, 1, { vitals: null }))).toBe(false);
});

test('the ring keeps the newest samples', () => {
  const series = new Series();
  for (let i = 1; i <= SAMPLES_MAX + 5; i++) series.add(at(i, i));
  expect(series.length).toBe(SAMPLES_MAX);
  expect(series.read('cpu')[0]!.value).toBe(6);
  expect(series.read('cpu').at(-1)!.value).toBe(SAMPLES_MAX + 5);
});

test('a full book takes no new node by itself, but one that is looked at replaces the one used longest ago', () => {
  const book = new SeriesBook();
  for (let i = 0; i < NODES_MAX; i++) book.record(at(1, 1, { nodeId: `n${i}` }));
  book.record(at(1, 1, { nodeId: 'late' }));
  book.use(at(1, 1, { nodeId: 'n0' }));
  book.use(at(1, 1, { nodeId: 'late' }));
  book.record(at(2, 2, { nodeId: 'late' }));
  book.record(at(2, 2, { nodeId: 'n0' }));
  book.record(at(2, 2, { nodeId: 'n1' }));
  expect(book.use(at(2, 2, { nodeId: 'late' })).length).toBe(2);
  expect(book.use(at(2, 2, { nodeId: 'n0' })).length, 'n0 was in use').toBe(2);
  expect(book.use(at(2, 2, { nodeId: 'n1' })).length, 'n1 had to go').toBe(1);
});

test('a line is broken where samples are missing, and values stay in the box', () => {
  const path = linePath([{ time: 0, value: -5 }, { time: 10_000, value: 500 }, { time: 500_000, value: 50 }], 100, 10, 100);
  expect(path).toBe('M0.0 10.0L2.0 0.0M100.0 5.0');
  expect(linePath([{ time: 0, value: NaN }], 100, 10, 100)).toBe('');
  expect(linePath([{ time: 5, value: 50 }], 100, 10, 100)).toBe('M0.0 5.0L100.0 5.0');
});
