import { describe, expect, test } from 'vitest';
import type { NodeView } from '../src/api/types';
import { Fleet } from '../src/state/fleet';
import { parseQuery, select } from '../src/state/query';

const node = (nodeId: string, over: Partial<NodeView> = {}): NodeView => ({ nodeId, name: nodeId, status: 'ONLINE', version: 1, ...over });
const ids = (fleet: Fleet, text = '') => select(fleet, parseQuery(text), 'name');

describe('the fold of node frames', () => {
  test('a newer version replaces a node, and an older one does not', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a', { version: 5, name: 'new' }));
    expect(fleet.upsert(node('a', { version: 4, name: 'old' }))).toBe(false);
    expect(fleet.get('a')?.name).toBe('new');
    expect(fleet.upsert(node('a', { version: 6, name: 'newest' }))).toBe(true);
    expect(fleet.get('a')?.name).toBe('newest');
  });

  test('counts follow the status of each node', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a'));
    fleet.upsert(node('b', { status: 'OFFLINE' }));
    fleet.upsert(node('a', { status: 'STALE', version: 2 }));
    expect(fleet.counts()).toMatchObject({ ONLINE: 0, STALE: 1, OFFLINE: 1 });
    fleet.remove('b', 9);
    expect(fleet.counts()).toMatchObject({ OFFLINE: 0 });
  });

  test('a node that was removed does not come back with an older version, but does with a newer', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a', { version: 3 }));
    fleet.remove('a', 4);
    expect(fleet.upsert(node('a', { version: 4 }))).toBe(false);
    expect(fleet.size).toBe(0);
    expect(fleet.upsert(node('a', { version: 5 }))).toBe(true);
  });

  test('a removal that is older than the node is late and changes nothing', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a', { version: 3 }));
    fleet.remove('a', 2);
    expect(fleet.size).toBe(1);
  });

  test('the last frame of a snapshot ends what the snapshot did not name, and nothing before', () => {
    const fleet = new Fleet();
    fleet.upsert(node('gone'));
    fleet.beginSnapshot();
    fleet.snapshot([node('a')], false);
    expect(ids(fleet)).toEqual(['a', 'gone']);
    expect(fleet.complete).toBe(false);
    fleet.snapshot([node('b')], true);
    expect(ids(fleet)).toEqual(['a', 'b']);
    expect(fleet.counts().ONLINE).toBe(2);
    expect(fleet.complete).toBe(true);
  });

  test('a node that comes live between two snapshot frames stays', () => {
    const fleet = new Fleet();
    fleet.beginSnapshot();
    fleet.snapshot([node('a')], false);
    fleet.upsert(node('live'));
    fleet.snapshot([], true);
    expect(ids(fleet)).toEqual(['a', 'live']);
  });

  test('a fresh snapshot may count versions from the beginning again', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a', { version: 90 }));
    fleet.beginSnapshot();
    fleet.snapshot([node('a', { version: 1, name: 'restored' })], true);
    expect(fleet.get('a')?.name).toBe('restored');
  });

  test('new vitals alone do not change the shape of the fleet', () => {
    const fleet = new Fleet();
    fleet.upsert(node('a'));
    const { shape } = fleet;
    fleet.upsert(node('a', { version: 2, vitals: { cpuPercent: 50 } }));
    expect(fleet.shape).toBe(shape);
    fleet.upsert(node('a', { version: 3, labels: { env: 'prod' } }));
    expect(fleet.shape).toBeGreaterThan(shape);
  });
});

describe('search and order', () => {
  const fleet = new Fleet();
  fleet.upsert(node('1', { name: 'web-10', labels: { env: 'prod' }, hostname: 'Alpha.example' }));
  fleet.upsert(node('2', { name: 'web-2', labels: { env: 'test' }, vitals: { cpuPercent: 90 } }));
  fleet.upsert(node('3', { name: 'DB-1', labels: { env: 'prod' }, status: 'OFFLINE' }));

  test.each([
    ['', ['3', '2', '1']],
    ['web', ['2', '1']],
    ['WEB 10', ['1']],
    ['alpha', ['1']],
    ['env=prod', ['3', '1']],
    ['env=prod web', ['1']],
    ['env=', ['3', '2', '1']],
    ['nothing-like-it', []],
  ])('%j finds %j', (text, found) => expect(ids(fleet, text)).toEqual(found));

  test('a status filter keeps only those', () => {
    expect(select(fleet, parseQuery('', new Set(['OFFLINE'])), 'name')).toEqual(['3']);
  });

  test('problems come first by status, the busiest first by CPU', () => {
    expect(select(fleet, parseQuery(''), 'status')[0]).toBe('3');
    expect(select(fleet, parseQuery(''), 'cpu')).toEqual(['2', '1', '3']);
  });
});
